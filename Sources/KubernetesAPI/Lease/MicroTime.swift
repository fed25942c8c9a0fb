import FoundationEssentials

/// A moment as the API server's MicroTime has it: RFC 3339 in UTC with six digits of a second
/// (apimachinery, meta/v1, micro_time.go).
struct MicroTime: Sendable, Equatable, CustomStringConvertible {
    /// Microseconds since the beginning of 1970.
    let microseconds: Int

    /// Such as `2026-03-01T12:00:00.000125Z`.
    var description: String {
        let million = 1_000_000
        let seconds = (microseconds >= 0 ? microseconds : microseconds - (million - 1)) / million
        let time = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
        let fraction = String(million + microseconds - seconds * million).dropFirst()
        return "\(time.dropLast()).\(fraction)Z"
    }
}
