/// Go's `filepath.Match` for one label of a host name: `*`, `?`, `[a-z]`, `[^a-z]` and `\`.
///
/// A label contains no slash, so the rules for slashes are left out.
enum Glob {
    /// Whether the whole of `name` matches `pattern`; a malformed pattern matches nothing.
    static func matches(_ name: some StringProtocol, pattern: some StringProtocol) -> Bool {
        matches(Array(name.utf8)[...], Array(pattern.utf8)[...])
    }

    private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (name, pattern) = (name, pattern)
        var retry: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (name, pattern)
            } else if pattern.isEmpty, name.isEmpty {
                return true
            } else if let rest = step(name, pattern) {
                (name, pattern) = rest
            } else if let last = retry, !last.name.isEmpty {
                // The last star matches one more character. Earlier stars need no other match.
                retry = (last.name.dropFirst(), last.pattern)
                (name, pattern) = (last.name.dropFirst(), last.pattern)
            } else {
                return false
            }
        }
    }

    /// The rest of the name and of the pattern after the first element matched the first byte; nil without a match.
    private static func step(
        _ name: ArraySlice<UInt8>,
        _ pattern: ArraySlice<UInt8>
    ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard let byte = name.first, let element = pattern.first else { return nil }
        switch element {
        case UInt8(ascii: "?"): return (name.dropFirst(), pattern.dropFirst())
        case UInt8(ascii: "["):
            guard let rest = set(byte, pattern.dropFirst()) else { return nil }
            return (name.dropFirst(), rest)
        case UInt8(ascii: "\\"):
            guard pattern.dropFirst().first == byte else { return nil }
            return (name.dropFirst(), pattern.dropFirst(2))
        default: return element == byte ? (name.dropFirst(), pattern.dropFirst()) : nil
        }
    }

    /// The rest of the pattern after a set such as `a-z]` that contains `byte`; nil without a match.
    private static func set(_ byte: UInt8, _ pattern: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = pattern
        let isNegated = rest.first == UInt8(ascii: "^")
        if isNegated { rest = rest.dropFirst() }
        var isIn = false
        var isFirst = true
        while let next = rest.first, isFirst || next != UInt8(ascii: "]") {
            guard let low = character(&rest) else { return nil }
            var high = low
            if rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
                guard let end = character(&rest) else { return nil }
                high = end
            }
            if low <= byte && byte <= high { isIn = true }
            isFirst = false
        }
        guard rest.first == UInt8(ascii: "]"), isIn != isNegated else { return nil }
        return rest.dropFirst()
    }

    private static func character(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        guard var byte = rest.popFirst(), byte != UInt8(ascii: "-"), byte != UInt8(ascii: "]") else { return nil }
        if byte == UInt8(ascii: "\\") {
            guard let escaped = rest.popFirst() else { return nil }
            byte = escaped
        }
        return byte
    }
}
