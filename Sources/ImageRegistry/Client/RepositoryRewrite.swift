import JSON
import PodAdmission

/// One `rewrite` of a mirror: a regular expression for the repository, and the replacement for its matches.
///
/// k3s uses Go's `regexp` and `ReplaceAllString`. Swift's engine reads the same common syntax, but can backtrack. This
/// is acceptable because the operator writes the patterns and a repository has at most 255 bytes.
struct RepositoryRewrite: Sendable, Hashable {
    private let pattern: String
    private let replacement: String

    /// Checks the pattern.
    ///
    /// - Throws: ``FieldError`` at the pattern if it is not a regular expression.
    init(pattern: String, replacement: String) throws(FieldError) {
        do { _ = try Regex(pattern) } catch { throw FieldError("not a regular expression", at: [.key(pattern)]) }
        self.pattern = pattern
        self.replacement = replacement
    }

    /// Replaces every match in `repository`.
    func rewrite(_ repository: String) -> String {
        // A compiled pattern is not Sendable, so only its text is kept. Look-ups through a mirror are rare.
        guard let regex = try? Regex(pattern) else { return repository }
        var text = ""
        var rest = repository.startIndex
        for match in repository.matches(of: regex) {
            text += repository[rest..<match.range.lowerBound]
            text += expand(match.output)
            rest = match.range.upperBound
        }
        return text + repository[rest...]
    }

    /// The replacement with the groups of a match for `$1`, `${1}`, `$name` and `$$`, as Go's `Regexp.Expand` does it.
    ///
    /// A name is the longest run of letters, digits and `_`. A name without a group gives an empty text.
    private func expand(_ groups: AnyRegexOutput) -> String {
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
