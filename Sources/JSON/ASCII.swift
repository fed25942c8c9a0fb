/// Classes of ASCII bytes.
extension UInt8 {
    /// Whether this is `0` to `9`.
    public var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    /// Whether this is `a` to `z` or `A` to `Z`.
    public var isASCIILetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
    /// Whether this is `a` to `z`.
    public var isASCIILowercase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    /// Whether this is `A` to `Z`.
    public var isASCIIUppercase: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
    /// Whether this is a hexadecimal digit, in either case.
    public var isASCIIHexadecimal: Bool {
        isASCIIDigit || ((self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "f"))
    }
    /// Whether this is a letter, a digit or punctuation; false for blanks, control characters and bytes outside ASCII.
    public var isASCIIVisible: Bool { self > 0x20 && self < 0x7F }
}
