import Crypto

/// What a registry may ask for.
///
/// Its text, in logs and mirrors too, never shows the secret.
enum Credential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
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

    /// A digest of the whole credential, to tell two apart where the secret itself must not be kept.
    var fingerprint: String {
        var hash = SHA256()
        let text =
            switch self {
            case .basic(let username, let password): "basic\0\(username)\0\(password)"
            case .identity(let token): "identity\0\(token)"
            }
        Array(text.utf8).withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Base64.encode(hash.finalize().prefix(16))
    }

    var description: String {
        switch self {
        case .basic: "basic credential (redacted)"
        case .identity: "identity token (redacted)"
        }
    }

    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}
