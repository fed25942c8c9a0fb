/// JSON written by hand: what a log line needs, and nothing more.
enum JSONText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Appends `text` as a string, with everything escaped that could end the line or colour a terminal.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(scalar.value))
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            // C0, DEL and C1; line and paragraph separators; what turns the direction of writing.
            case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: appendEscape(scalar.value, to: &bytes)
            default: bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ value: UInt32, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] { bytes.append(digits[Int(value >> UInt32(shift) & 15)]) }
    }
}
