import Basics
import Crypto

/// What a registry may ask for.
///
/// Its text, in logs and mirrors too, never shows the secret.
enum Credential: Sendable, Hashable, Redacted {
    /// A user name and a password.
    case basic(username: String, password: String)
    /// A refresh token of OAuth 2, as `docker login` stores it as identity token.
    case identity(token: String)

    /// Reads the `auth` of Docker's configuration: base64 of `user:password`, padded or not, split at the first colon.
    init?(auth: String) {
        guard let bytes = Base64.decode(auth), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        // Some tools pad the clear text with NUL before they encode it; the kubelet cuts those off the password.
        var password = text[text.index(after: colon)...]
        while password.last == "\0" { password.removeLast() }
        self = .basic(username: String(text[..<colon]), password: String(password))
    }

    /// Made anew in each process, so that a fingerprint is of no use outside of it: without it, whoever got to see one
    /// could try passwords against it.
    private static let key = SymmetricKey(size: .bits256)

    /// A digest of the whole credential, to tell two apart where the secret itself must not be kept.
    var fingerprint: String {
        let text =
            switch self {
            case .basic(let username, let password): "basic \(username.utf8.count) \(username)\(password)"
            case .identity(let token): "identity \(token)"
            }
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: Self.key)
        return Base64.encode(code.prefix(16))
    }

    /// How many bytes it has.
    var length: Int {
        switch self {
        case .basic(let username, let password): username.utf8.count + password.utf8.count
        case .identity(let token): token.utf8.count
        }
    }

    var description: String {
        switch self {
        case .basic: "basic credential (redacted)"
        case .identity: "identity token (redacted)"
        }
    }
}
