/// Small questions about bytes of ASCII text.
extension UInt8 {
    var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isASCIILetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
    var isASCIIHexadecimal: Bool {
        isASCIIDigit || ((self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "f"))
    }
    /// Letters, digits and punctuation: neither a blank nor a control character nor outside ASCII.
    var isASCIIVisible: Bool { self > 0x20 && self < 0x7F }
}

extension StringProtocol {
    /// The text without blanks and tabs at both ends.
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    /// At most `length` characters of the text, without what is not printable ASCII.
    func cut(to length: Int) -> String {
        let bytes = utf8.lazy.filter { $0.isASCIIVisible || $0 == UInt8(ascii: " ") }.prefix(length)
        return String(decoding: Array(bytes), as: UTF8.self)
    }

    /// The text percent-encoded for the value of a query parameter: all but RFC 3986's unreserved characters.
    var queryEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            if byte.isASCIILetter || byte.isASCIIDigit || "-._~".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
