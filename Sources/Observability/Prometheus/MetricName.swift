/// Names and label values as the text format wants them.
enum MetricName {
    /// `name` with everything but letters, digits, `_` and `:` replaced by `_`, and never beginning with a digit.
    static func metric(_ name: String) -> String { sanitized(name) { $0 == UInt8(ascii: ":") } }

    /// `name` with everything but letters, digits and `_` replaced by `_`, and never beginning with a digit.
    static func label(_ name: String) -> String { sanitized(name) { _ in false } }

    /// The labels between braces, sorted by name so that the same set is the same series; empty for none.
    static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        return dimensions.map { (label($0.0), $0.1) }.sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    /// `text` as a label's value: backslash, quote and line feed escaped, the three that the format names.
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

    /// `value` as the format writes numbers: whole ones without a fraction, `+Inf`, `-Inf` and `NaN` by name.
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
