import JSON

/// A pattern over normalised image names, such as `ghcr.io/acme/*`.
///
/// `*` matches any characters, including `/`; every other character matches itself. The pattern is compared with the
/// name with its registry and without tag or digest: `nginx` is `docker.io/library/nginx`.
public struct ImagePattern: Sendable, Equatable {
    /// The text of the pattern.
    public let text: String

    /// Creates a pattern without validating it.
    public init(_ text: String) {
        self.text = text
    }

    init(reading value: JSONValue) throws(FieldError) {
        let text = try value.asString()
        guard !text.isEmpty, text.utf8.count <= 255 else { throw FieldError("a pattern has 1 to 255 characters") }
        guard text.contains("/") || text.hasPrefix("*") else {
            throw FieldError("a pattern starts with the registry, as in docker.io/library/nginx")
        }
        self.init(text)
    }

    /// Whether the pattern matches the whole name.
    ///
    /// The time is at most proportional to the product of both lengths, because it backtracks to the last `*` only.
    public func matches(_ name: String) -> Bool {
        let pattern = Array(text.utf8)
        let name = Array(name.utf8)
        var (p, n) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (p, n) = (last.pattern + 1, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
