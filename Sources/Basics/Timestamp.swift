import FoundationEssentials

/// A time in UTC, with its RFC 3339 text.
public struct Timestamp: Sendable, Hashable {
    /// The number of digits after the second.
    public enum Precision: Int, Sendable {
        /// Whole seconds, like Kubernetes' `Time` (apimachinery, meta/v1, time.go).
        case seconds = 0
        /// Three digits, for log lines.
        case milliseconds = 3
        /// Six digits, like Kubernetes' `MicroTime` (apimachinery, meta/v1, micro_time.go).
        case microseconds = 6
    }

    /// Microseconds since the start of 1970.
    public let microseconds: Int

    /// Creates the time `microseconds` after the start of 1970.
    public init(microseconds: Int) {
        self.microseconds = microseconds
    }

    /// Creates the time `seconds` after the start of 1970.
    public init(seconds: Int) {
        self.init(microseconds: seconds * 1_000_000)
    }

    /// The time of the machine's clock.
    @Sendable public static func now() -> Timestamp { Timestamp(microseconds: UnixTime.microseconds()) }

    /// The time as text, such as `2026-03-01T12:00:00.125Z`; further digits are cut off.
    public func text(_ precision: Precision) -> String {
        let million = 1_000_000
        let seconds = (microseconds >= 0 ? microseconds : microseconds - (million - 1)) / million
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        guard precision != .seconds else { return text }
        let digits = String(million + microseconds - seconds * million).dropFirst().prefix(precision.rawValue)
        return "\(text.dropLast()).\(digits)Z"
    }
}
