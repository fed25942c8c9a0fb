/// Base64 as RFC 4648 has it, with the standard alphabet.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Encodes with padding.
    package static func encode(_ source: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        append(Array(source), to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends `source` to `bytes`, encoded with padding.
    package static func append(_ source: [UInt8], to bytes: inout [UInt8]) {
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

    /// Decodes with or without padding; nil where a character is not of the alphabet or the length cannot be.
    package static func decode(_ text: String) -> [UInt8]? {
        var characters = Array(text.utf8)
        if characters.last == UInt8(ascii: "=") {
            guard characters.count % 4 == 0 else { return nil }
            characters.removeLast()
            if characters.last == UInt8(ascii: "=") { characters.removeLast() }
        }
        guard characters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        var (buffer, bits) = (UInt32(0), 0)
        for character in characters {
            guard let value = value(of: character) else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> UInt32(bits) & 0xFF))
                buffer &= (1 << UInt32(bits)) - 1
            }
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
