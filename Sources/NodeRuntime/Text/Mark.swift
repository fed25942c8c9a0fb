/// One of the two comments around a block.
struct Mark: Equatable {
    let name: String
    let isBegin: Bool
    /// Whether the line before it had no end, which then belongs to the block.
    let isJoined: Bool

    private static let prefix = "# polypod: "
    private static let joint = " (and the end of the line before)"

    init(name: String, isBegin: Bool, isJoined: Bool) {
        self.name = name
        self.isBegin = isBegin
        self.isJoined = isJoined
    }

    /// The comment on `line`, if that is one.
    init?(_ line: String) {
        var words = line.trimmingBlanks[...]
        guard words.hasPrefix(Self.prefix) else { return nil }
        words = words.dropFirst(Self.prefix.count)
        let isBegin = words.hasPrefix("begin ")
        guard isBegin || words.hasPrefix("end ") else { return nil }
        words = words.dropFirst(isBegin ? 6 : 4)
        isJoined = isBegin && words.hasSuffix(Self.joint)
        if isJoined { words = words.dropLast(Self.joint.count) }
        self.isBegin = isBegin
        name = String(words)
    }

    var text: String { Self.prefix + (isBegin ? "begin " : "end ") + name + (isJoined ? Self.joint : "") }
}

extension StringProtocol {
    /// This text without blanks and tabs at both ends.
    var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
