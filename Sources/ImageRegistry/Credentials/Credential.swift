import Basics
import Crypto

/// A credential for a registry or a proxy.
///
/// Its description, its debug description and its mirror never contain the secret.
enum Credential: Sendable, Hashable, Redacted {
    /// A user name and a password.
    case basic(username: String, password: String)
    /// An OAuth 2 refresh token, which `docker login` stores as `identitytoken`.
    case identity(token: String)

    /// Reads the `auth` of Docker's configuration: base64 of `user:password`, with or without padding.
    ///
    /// The user name ends at the first colon. The result is nil if `auth` is not base64 of such a text.
    init?(auth: String) {
        guard let bytes = Base64.decode(auth), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        // Some tools pad the text with NUL before they encode it. The kubelet removes the NULs from the password.
        var password = text[text.index(after: colon)...]
        while password.last == "\0" { password.removeLast() }
        self = .basic(username: String(text[..<colon]), password: String(password))
    }

    /// The key of the fingerprints, random in each process.
    ///
    /// With a fixed key, an attacker who sees a fingerprint could test passwords against it.
    private static let key = SymmetricKey(size: .bits256)

    /// A digest of the whole credential, to compare credentials without keeping the secret.
    var fingerprint: String {
        let text =
            switch self {
            case .basic(let username, let password): "basic \(username.utf8.count) \(username)\(password)"
            case .identity(let token): "identity \(token)"
            }
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: Self.key)
        return Base64.encode(code.prefix(16))
    }

    /// The size of the user name and the secret, in bytes.
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
