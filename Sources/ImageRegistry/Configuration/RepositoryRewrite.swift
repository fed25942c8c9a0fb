import JSON
import PodAdmission

/// One `rewrite` of a mirror: a pattern over the repository and what takes the place of its matches.
///
/// k3s gives the pattern to Go's `regexp` and the replacement to `ReplaceAllString`. Swift's engine reads the same
/// common syntax but may backtrack; the patterns are the operator's own and a repository has at most 255 bytes.
struct RepositoryRewrite: Sendable, Hashable {
    let pattern: String
    let replacement: String

    init(pattern: String, replacement: String) throws(FieldError) {
        do { _ = try Regex(pattern) } catch { throw FieldError("not a regular expression", at: [.key(pattern)]) }
        self.pattern = pattern
        self.replacement = replacement
    }

    /// `repository` with every match replaced; unchanged where there is none.
    func applied(to repository: String) -> String {
        // A compiled pattern may not cross tasks, so that only its text is kept; look-ups through a mirror are rare.
        guard let regex = try? Regex(pattern) else { return repository }
        var text = ""
        var rest = repository.startIndex
        for match in repository.matches(of: regex) {
            text += repository[rest..<match.range.lowerBound]
            text += expanded(match.output)
            rest = match.range.upperBound
        }
        return text + repository[rest...]
    }

    /// The replacement with `$1`, `${1}`, `$name` and `$$` filled in as Go's `Regexp.Expand` does: the longest run of
    /// letters, digits and `_` is the name, and what names no group is empty.
    private func expanded(_ groups: AnyRegexOutput) -> String {
        var text = ""
        var rest = Substring(replacement)
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                text += "$"
                rest.removeFirst()
            } else if rest.first == "{", let end = rest.firstIndex(of: "}") {
                text += group(rest[rest.index(after: rest.startIndex)..<end], of: groups)
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                guard !name.isEmpty else {
                    text += "$"
                    continue
                }
                text += group(name, of: groups)
                rest = rest[name.endIndex...]
            }
        }
        return text + rest
    }

    private func group(_ name: Substring, of groups: AnyRegexOutput) -> Substring {
        if let index = Int(name) { return groups.indices.contains(index) ? groups[index].substring ?? "" : "" }
        return groups.first { $0.name == String(name) }?.substring ?? ""
    }
}
