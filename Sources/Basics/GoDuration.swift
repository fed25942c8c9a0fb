/// A duration in Go's format, such as `1m30s`, `500ms` or `1.5s` (time.ParseDuration), as in the API server's `?timeout=`.
public enum GoDuration {
    private static let nanoseconds: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]

    /// Parses `text`; nil if it is not a duration, or more than a day.
    ///
    /// Every value except zero needs a unit.
    public static func parse(_ text: Substring) -> Duration? {
        if text == "0" { return .zero }
        guard !text.isEmpty, text.utf8.count <= 32 else { return nil }
        var rest = text.utf8
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { isOfNumber($0) }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { !isOfNumber($0) }
            rest = rest[unit.endIndex...]
            guard let value = Double(Substring(number)), let scale = nanoseconds[String(Substring(unit))] else {
                return nil
            }
            total += value * scale
        }
        guard total <= 86_400e9 else { return nil }
        return .nanoseconds(Int64(total))
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: ".")
    }
}
