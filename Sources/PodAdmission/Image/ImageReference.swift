/// A container image reference, normalised as containerd and the kubelet do (distribution/reference, normalize.go).
public struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// Why a text is no reference.
    public struct Invalid: Error, Equatable, CustomStringConvertible {
        /// What is wrong with it.
        public let reason: String
        /// The text for people.
        public var description: String { "not a valid image reference: \(reason)" }
    }

    /// The registry's host, with its port where it has one; `docker.io` where the reference has none.
    public let registry: String
    /// The repository, such as `library/nginx`.
    public let repository: String
    /// The tag; `latest` where the reference has neither tag nor digest.
    public let tag: String?
    /// The digest, such as `sha256:…`; where it is there, the tag does not count.
    public let digest: String?

    /// Parses and normalises `text`.
    public init(_ text: String) throws(Invalid) {
        var rest = Substring(text)
        guard rest.utf8.count <= 512 else { throw Invalid(reason: "longer than 512 bytes") }
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Invalid(reason: "a blank, a control character or a letter outside ASCII")
        }
        if let at = rest.firstIndex(of: "@") {
            let digest = String(rest[rest.index(after: at)...])
            guard Self.isDigest(digest) else { throw Invalid(reason: "the digest is not algorithm:hex") }
            self.digest = digest
            rest = rest[..<at]
        } else {
            digest = nil
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let tag = String(rest[rest.index(after: colon)...])
            guard Self.isTag(tag) else { throw Invalid(reason: "the tag holds other than letters, digits, _ . -") }
            self.tag = tag
            rest = rest[..<colon]
        } else {
            tag = digest == nil ? "latest" : nil
        }
        guard !rest.isEmpty else { throw Invalid(reason: "the name is empty") }
        if digest == nil, !text.contains(":"), rest.utf8.count == 64, rest.utf8.allSatisfy(Self.isHexadecimal) {
            throw Invalid(reason: "64 hexadecimal digits are an image's id, not its name")
        }
        (registry, repository) = try Self.split(rest)
        guard registry.utf8.count + 1 + repository.utf8.count <= 255 else {
            throw Invalid(reason: "the name is longer than 255 bytes")
        }
        guard Self.isHost(registry) else { throw Invalid(reason: "the registry's host is not valid") }
        for part in repository.split(separator: "/", omittingEmptySubsequences: false) where !Self.isPathPart(part) {
            throw Invalid(reason: "the repository holds other than lower-case letters, digits and . _ - between them")
        }
    }

    /// The registry and repository, without tag and digest: what credentials and policies match.
    public var name: String { "\(registry)/\(repository)" }

    /// What a manifest is asked for by: the digest, else the tag.
    public var manifestReference: String { digest ?? tag ?? "latest" }

    /// The whole reference, normalised; where there is a digest the tag is left out.
    public var description: String { digest.map { "\(name)@\($0)" } ?? "\(name):\(tag ?? "latest")" }

    /// The same repository, pinned to `digest`.
    public func pinned(to digest: String) -> String { "\(name)@\(digest)" }

    private static func split(_ name: Substring) throws(Invalid) -> (String, String) {
        guard let slash = name.firstIndex(of: "/") else { return ("docker.io", "library/\(name)") }
        let first = name[..<slash]
        let rest = name[name.index(after: slash)...]
        guard !rest.isEmpty else { throw Invalid(reason: "the repository is empty") }
        let isHost = first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" || $0.isUppercase })
        guard isHost else { return ("docker.io", String(name)) }
        guard first == "docker.io" || first == "index.docker.io" else { return (String(first), String(rest)) }
        return ("docker.io", rest.contains("/") ? String(rest) : "library/\(rest)")
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
        if let colon = name.lastIndex(of: ":") {
            guard isPort(name[name.index(after: colon)...]) else { return false }
            name = name[..<colon]
        }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != "-" && part.last != "-"
                && part.utf8.allSatisfy { isLetterOrDigit($0) || isUpper($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard let port = Int(text), text.utf8.allSatisfy(isDigit) else { return false }
        return (1...65535).contains(port)
    }

    /// Lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between them.
    private static func isPathPart(_ part: Substring) -> Bool {
        let bytes = Array(part.utf8)
        guard let first = bytes.first, let last = bytes.last, isLetterOrDigit(first), isLetterOrDigit(last) else {
            return false
        }
        var separator: [UInt8] = []
        for byte in bytes {
            if isLetterOrDigit(byte) {
                separator = []
                continue
            }
            separator.append(byte)
            let isDashes = separator.allSatisfy { $0 == UInt8(ascii: "-") }
            guard
                isDashes || separator == Array("_".utf8) || separator == Array("__".utf8)
                    || separator == Array(".".utf8)
            else { return false }
        }
        return true
    }

    private static func isTag(_ tag: String) -> Bool {
        guard let first = tag.utf8.first, tag.utf8.count <= 128 else { return false }
        return isWord(first) && tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    /// Whether `text` is a digest that may stand in a URL: `sha256:` with 64 or `sha512:` with 128 lower-case digits.
    public static func isDigest(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.allSatisfy(isHexadecimal) else { return false }
        return parts[0] == "sha256" && parts[1].utf8.count == 64 || parts[0] == "sha512" && parts[1].utf8.count == 128
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    private static func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f")
    }
    private static func isWord(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || isUpper(byte) || byte == UInt8(ascii: "_")
    }
}
