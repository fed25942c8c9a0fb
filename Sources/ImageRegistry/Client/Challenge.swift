import JSON

/// A challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1, and the Distribution token specification).
enum Challenge: Sendable, Hashable {
    /// Send a user name and a password with each request.
    case basic
    /// Send a token from the token server `realm`.
    case bearer(realm: String, service: String?, scope: String?)

    /// The basic and bearer challenges of a header, in order; for a header over 8 KiB the list is empty.
    static func parse(_ header: String) -> [Challenge] {
        guard header.utf8.count <= 8192 else { return [] }
        var reader = Reader(rest: Substring(header).utf8)
        var challenges: [Challenge] = []
        var scheme: String?
        var parameters: [String: String] = [:]
        func finish() {
            switch scheme {
            case "basic": challenges.append(.basic)
            case "bearer":
                guard let realm = parameters["realm"] else { return }
                challenges.append(
                    .bearer(realm: realm, service: parameters["service"], scope: parameters["scope"])
                )
            default: return
            }
        }
        while let word = reader.word() {
            if let value = reader.value() {
                parameters[word] = parameters[word] ?? value
            } else {
                finish()
                (scheme, parameters) = (word, [:])
            }
        }
        finish()
        return challenges
    }

    private struct Reader {
        var rest: Substring.UTF8View

        private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
            while let byte = rest.first, isSkipped(byte) { rest.removeFirst() }
        }

        /// Reads the next scheme or parameter name, in lower case.
        mutating func word() -> String? {
            skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: ",") }
            let word = rest.prefix { $0.isASCIIVisible && !",=\"".utf8.contains($0) }
            guard !word.isEmpty else { return nil }
            rest = rest[word.endIndex...]
            return Substring(word).lowercased()
        }

        /// Reads the value after a parameter name; nil if no `=` follows.
        mutating func value() -> String? {
            skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard rest.first == UInt8(ascii: "=") else { return nil }
            rest.removeFirst()
            skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard rest.first == UInt8(ascii: "\"") else {
                let token = rest.prefix { $0.isASCIIVisible && $0 != UInt8(ascii: ",") }
                rest = rest[token.endIndex...]
                return String(Substring(token))
            }
            rest.removeFirst()
            var bytes: [UInt8] = []
            while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                bytes.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
