/// The encoding of RFC 4648, 4, written straight into the response; Foundation's would be this target's only use of it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends `source`, encoded and padded.
    static func append(_ source: [UInt8], to bytes: inout [UInt8]) {
        var index = 0
        bytes.reserveCapacity(bytes.count + (source.count + 2) / 3 * 4)
        while index < source.count {
            let left = source.count - index
            let group =
                UInt32(source[index]) << 16
                | (left > 1 ? UInt32(source[index + 1]) << 8 : 0)
                | (left > 2 ? UInt32(source[index + 2]) : 0)
            bytes.append(alphabet[Int(group >> 18)])
            bytes.append(alphabet[Int(group >> 12 & 63)])
            bytes.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            bytes.append(left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
            index += 3
        }
    }
}
