import FoundationEssentials

/// A moment in UTC, written as RFC 3339 has it.
public struct Timestamp: Sendable, Hashable {
    /// How many digits of a second are written.
    public enum Precision: Int, Sendable {
        /// Whole seconds, as Kubernetes' `Time` (apimachinery, meta/v1, time.go).
        case seconds = 0
        /// Three digits, as log lines.
        case milliseconds = 3
        /// Six digits, as Kubernetes' `MicroTime` (apimachinery, meta/v1, micro_time.go).
        case microseconds = 6
    }

    /// Microseconds since the beginning of 1970.
    public let microseconds: Int

    /// Creates the moment `microseconds` after the beginning of 1970.
    public init(microseconds: Int) {
        self.microseconds = microseconds
    }

    /// Creates the moment `seconds` after the beginning of 1970.
    public init(seconds: Int) {
        self.init(microseconds: seconds * 1_000_000)
    }

    /// The moment that the machine's clock shows.
    @Sendable public static func now() -> Timestamp { Timestamp(microseconds: UnixTime.microseconds()) }

    /// The moment as text, such as `2026-03-01T12:00:00.125Z`; digits that are not written are cut off.
    public func text(_ precision: Precision) -> String {
        let million = 1_000_000
        let seconds = (microseconds >= 0 ? microseconds : microseconds - (million - 1)) / million
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        guard precision != .seconds else { return text }
        let digits = String(million + microseconds - seconds * million).dropFirst().prefix(precision.rawValue)
        return "\(text.dropLast()).\(digits)Z"
    }
}
