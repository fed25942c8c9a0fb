import Basics
import JSON
import PodAdmission

/// What a token says of itself (RFC 7519); it is for others to verify.
enum JSONWebToken {
    /// When the token ends, in seconds of Unix time; nil where it does not say so.
    static func end(of token: RedactedText) -> Int? {
        let parts = token.value.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let text = String(parts[1].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        guard let bytes = Base64.decode(text), case .number(let end)? = (try? JSONParser.parse(bytes))?["exp"] else {
            return nil
        }
        return Int(end)
    }
}
