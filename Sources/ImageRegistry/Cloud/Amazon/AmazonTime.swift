/// A time as Amazon's signatures write it, such as `20150830T123600Z`.
struct AmazonTime: Sendable, CustomStringConvertible {
    /// The date alone.
    let day: String
    let description: String

    init(_ unixTime: Int) {
        let days = unixTime / 86_400
        let rest = unixTime % 86_400
        // Years are counted from March, so that the leap day is a year's last (H. Hinnant, "chrono-compatible low-level
        // date algorithms", civil_from_days); there are no times before 1970 here.
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = "\(year)" + Self.padded(month) + Self.padded(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map(Self.padded).joined()
        description = "\(day)T\(time)Z"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
