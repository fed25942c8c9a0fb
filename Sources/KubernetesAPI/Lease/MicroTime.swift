/// A moment as the API server's MicroTime has it: RFC 3339 in UTC with six digits of a second
/// (apimachinery, meta/v1, micro_time.go).
struct MicroTime: Sendable, Equatable, CustomStringConvertible {
    /// Microseconds since the beginning of 1970.
    let microseconds: Int

    /// Such as `2026-03-01T12:00:00.000125Z`.
    var description: String {
        let day = 86_400_000_000
        let days = (microseconds >= 0 ? microseconds : microseconds - (day - 1)) / day
        let rest = microseconds - days * day
        let (year, month, dayOfMonth) = Self.date(days: days)
        let date = [Self.padded(year, 4), Self.padded(month, 2), Self.padded(dayOfMonth, 2)].joined(separator: "-")
        let time = [rest / 3_600_000_000, rest / 60_000_000 % 60, rest / 1_000_000 % 60].map { Self.padded($0, 2) }
        return "\(date)T\(time.joined(separator: ":")).\(Self.padded(rest % 1_000_000, 6))Z"
    }

    /// The date `days` after 1970-01-01 in the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is a year's last (H. Hinnant, "chrono-compatible low-level
    /// date algorithms", civil_from_days).
    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
