/// The parts of a line in Prometheus' text format 0.0.4: names, labels and numbers.
enum TextFormat {
    /// `name` as a metric name.
    ///
    /// Characters other than ASCII letters, digits, `_` and `:` become `_`; a leading digit gets a `_` in front.
    static func metricName(_ name: String) -> String { sanitized(name) { $0 == UInt8(ascii: ":") } }

    /// `name` as a label name: like ``metricName(_:)``, but a `:` becomes `_` too.
    static func labelName(_ name: String) -> String { sanitized(name) { _ in false } }

    /// The text between the braces, sorted by label name so that the order of `dimensions` does not matter.
    static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        return dimensions.map { (labelName($0.0), $0.1) }.sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    /// `text` as a label value: backslash, quote and line feed are escaped, as the format requires.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// `value` as a number of the format: whole numbers without a fraction, also `+Inf`, `-Inf` and `NaN`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
        return String(value)
    }

    private static func sanitized(_ name: String, besides isAllowed: (UInt8) -> Bool) -> String {
        var bytes = name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): byte
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): byte
            default: isAllowed(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ $0 < UInt8(ascii: ":") }) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
