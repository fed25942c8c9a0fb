import FoundationEssentials

extension Sequence<UInt8> {
    /// These bytes as hexadecimal digits in lower case.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(underestimatedCount * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension StringProtocol {
    /// This text with all but the unreserved characters percent-encoded (RFC 3986, 2.3).
    public var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + CollectionOfOne(byte).hexadecimal.uppercased()
            }
        }
        return text
    }

    /// This text without white space at both ends.
    public var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}

/// Base64 with the standard alphabet (RFC 4648, 4).
public enum Base64 {
    /// The text for `bytes`, padded.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }

    /// The bytes of `text`, with or without padding; nil if it is not Base64.
    public static func decode(_ text: String) -> [UInt8]? {
        let padding = text.utf8.last == UInt8(ascii: "=") ? 0 : (4 - text.utf8.count % 4) % 4
        return Data(base64Encoded: text + String(repeating: "=", count: padding)).map { Array($0) }
    }
}
