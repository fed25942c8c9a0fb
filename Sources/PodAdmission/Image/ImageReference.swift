import JSON

/// A container image reference, normalised as containerd and the kubelet do (distribution/reference, normalize.go).
public struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// The error for a text that is not a reference.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// What is wrong, such as "the name is empty".
        public let reason: String
        /// The reason as a sentence.
        public var description: String { "not a valid image reference: \(reason)" }
    }

    /// The registry's host, with its port if there is one; `docker.io` if the reference names none.
    public let registry: String
    /// The repository, such as `library/nginx`.
    public let repository: String
    /// The tag; `latest` if the reference has neither tag nor digest; nil if it has only a digest.
    public let tag: String?
    /// The digest, such as `sha256:…`; if there is one, the tag has no effect.
    public let digest: String?

    /// Parses and normalises `text`.
    ///
    /// - Throws: ``Invalid`` for a text that is not a reference or has more than 512 bytes.
    public init(_ text: String) throws(Invalid) {
        var rest = Substring(text)
        guard rest.utf8.count <= 512 else { throw Invalid(reason: "longer than 512 bytes") }
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Invalid(reason: "a blank, a control character or a letter outside ASCII")
        }
        if let at = rest.utf8.firstIndex(of: UInt8(ascii: "@")) {
            let digest = String(rest[rest.index(after: at)...])
            guard Self.isDigest(digest) else { throw Invalid(reason: "the digest is not algorithm:hex") }
            self.digest = digest
            rest = rest[..<at]
        } else {
            digest = nil
        }
        if let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")), !rest.utf8[colon...].contains(UInt8(ascii: "/")) {
            let tag = String(rest[rest.index(after: colon)...])
            guard Self.isTag(tag) else { throw Invalid(reason: "the tag holds other than letters, digits, _ . -") }
            self.tag = tag
            rest = rest[..<colon]
        } else {
            tag = digest == nil ? "latest" : nil
        }
        guard !rest.isEmpty else { throw Invalid(reason: "the name is empty") }
        if digest == nil, rest.utf8.count == 64, rest.utf8.count == text.utf8.count,
            rest.utf8.allSatisfy(Self.isHexadecimal)
        {
            throw Invalid(reason: "64 hexadecimal digits are an image's id, not its name")
        }
        (registry, repository) = try Self.split(rest)
        guard registry.utf8.count + 1 + repository.utf8.count <= 255 else {
            throw Invalid(reason: "the name is longer than 255 bytes")
        }
        guard Self.isHost(registry) else { throw Invalid(reason: "the registry's host is not valid") }
        let parts = repository.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.allSatisfy(Self.isPathPart) else {
            throw Invalid(reason: "the repository holds other than lower-case letters, digits and . _ - between them")
        }
    }

    /// The registry and repository, without tag and digest; credentials and policies match this text.
    public var name: String { "\(registry)/\(repository)" }

    /// The last part of the manifest's URL: the digest, otherwise the tag.
    public var manifestReference: String { digest ?? tag ?? "latest" }

    /// The whole reference, normalised; without the tag if there is a digest.
    public var description: String { digest.map { "\(name)@\($0)" } ?? "\(name):\(tag ?? "latest")" }

    /// The same repository, pinned to `digest`.
    public func pinned(to digest: String) -> String { "\(name)@\(digest)" }

    private static func split(_ name: Substring) throws(Invalid) -> (String, String) {
        guard let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return ("docker.io", "library/\(name)") }
        let first = name[..<slash]
        let rest = name[name.utf8.index(after: slash)...]
        guard !rest.isEmpty else { throw Invalid(reason: "the repository is empty") }
        let isHost =
            first == "localhost"
            || first.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || $0.isASCIIUppercase }
        guard isHost else { return ("docker.io", String(name)) }
        guard first == "docker.io" || first == "index.docker.io" else { return (String(first), String(rest)) }
        return ("docker.io", rest.utf8.contains(UInt8(ascii: "/")) ? String(rest) : "library/\(rest)")
    }

    private static func isHost(_ host: String) -> Bool {
        var name = Substring(host)
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            let inside = name[name.index(after: name.startIndex)..<end]
            guard inside.contains(":"), inside.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") }) else {
                return false
            }
            let rest = name[name.index(after: end)...]
            return rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst()))
        }
        if let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) {
            guard isPort(name[name.utf8.index(after: colon)...]) else { return false }
            name = name[..<colon]
        }
        let hyphen = UInt8(ascii: "-")
        return name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != hyphen && part.last != hyphen
                && part.allSatisfy { $0.isASCIIDigit || $0.isASCIILetter || $0 == hyphen }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let port = Int(text), text.utf8.allSatisfy(\.isASCIIDigit) else { return false }
        return (1...65535).contains(port)
    }

    /// Lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
    private static func isPathPart(_ part: Substring.UTF8View) -> Bool {
        guard let first = part.first, let last = part.last, isLetterOrDigit(first), isLetterOrDigit(last) else {
            return false
        }
        // The separator that is being read: its byte, and how many of it.
        var separator: (byte: UInt8, count: Int) = (0, 0)
        for byte in part {
            guard !isLetterOrDigit(byte) else {
                separator = (0, 0)
                continue
            }
            guard separator.count == 0 || separator.byte == byte else { return false }
            separator = (byte, separator.count + 1)
            switch byte {
            case UInt8(ascii: "-"): continue
            case UInt8(ascii: "_") where separator.count <= 2: continue
            case UInt8(ascii: ".") where separator.count == 1: continue
            default: return false
            }
        }
        return true
    }

    private static func isTag(_ tag: String) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128 else { return false }
        return isWord(first) && tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Whether `text` is a digest: `sha256:` with 64 or `sha512:` with 128 lower-case digits.
    public static func isDigest(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let digits = text.utf8[text.utf8.index(after: colon)...]
        guard digits.allSatisfy(isHexadecimal) else { return false }
        switch text[..<colon] {
        case "sha256": return digits.count == 64
        case "sha512": return digits.count == 128
        default: return false
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { byte.isASCIIDigit || byte.isASCIILowercase }

    /// Whether `byte` is a digit of a digest, whose letters are lower-case (OCI image-spec, "Digests").
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte.isASCIIDigit || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f")
    }
    private static func isWord(_ byte: UInt8) -> Bool {
        byte.isASCIIDigit || byte.isASCIILetter || byte == UInt8(ascii: "_")
    }
}
