/// The parameters of a request.
enum URLQuery {
    typealias Item = (name: String, value: String)

    /// `path` with `items`, encoded.
    static func append(_ items: [Item], to path: String) -> String {
        guard !items.isEmpty else { return path }
        return "\(path)?\(items.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&"))"
    }
}

extension String {
    /// The text percent-encoded: all but the unreserved characters (RFC 3986, 2.3).
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
