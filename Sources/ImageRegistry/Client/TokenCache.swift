import Basics
import JSON
import PodAdmission
import Synchronization

/// The cache key of a token; a token is reused only if all fields are equal.
struct TokenKey: Sendable, Hashable {
    var realm: WebURL
    var service: String?
    var scope: String
    /// The fingerprint of the credential; nil for an anonymous token.
    var credential: String?
    var registry: Origin
}

/// A bearer token; its description does not contain it.
struct Token: Sendable, Redacted {
    var value: String
    var expiry: ContinuousClock.Instant
    /// Whether a credential was sent for it; false for an anonymous token.
    var isPersonal: Bool

    var description: String { "token (redacted)" }
}

/// The scheme of the last challenge of a registry, kept to save the request that causes the 401.
struct KnownScheme: Sendable {
    /// The scope for any repository: the text before and after its name, or a text without the name.
    enum Scope: Sendable, Equatable {
        case around(before: String, after: String)
        case fixed(String)

        /// Derives the scope for any repository from the scope for `repository`.
        ///
        /// The name must be the whole name of a `repository:NAME:ACTIONS` (Distribution token scope specification),
        /// because a repository can be called `repo`. Nil if the scope names another repository: it cannot be reused.
        init?(_ scope: String, for repository: String) {
            let words = scope.split(separator: " ", omittingEmptySubsequences: false)
            let wanted = "repository:\(repository):"
            guard let index = words.firstIndex(where: { $0.hasPrefix(wanted) }) else {
                if words.contains(where: { $0.hasPrefix("repository:") }) { return nil }
                self = .fixed(scope)
                return
            }
            let actions = words[index].dropFirst(wanted.count)
            self = .around(
                before: (words[..<index] + ["repository:"]).joined(separator: " "),
                after: ([":" + actions] + words[(index + 1)...]).joined(separator: " ")
            )
        }
    }

    /// The parameters of the bearer scheme; nil for the basic scheme.
    var bearer: (realm: WebURL, service: String?, scope: Scope)?
}

/// Keeps at most 2,048 tokens and the schemes of 512 registries.
final class TokenCache: Sendable {
    private struct State {
        var tokens = LRU<TokenKey, Token>(entries: 2048, cost: 8 << 20)
        var schemes = LRU<Origin, KnownScheme>(entries: 512)
    }

    private let state = Mutex(State())

    /// The token for `key`; nil if there is none or it has expired at `now`.
    func token(for key: TokenKey, now: ContinuousClock.Instant) -> Token? {
        state.withLock { state in
            guard let token = state.tokens.value(for: key) else { return nil }
            if token.expiry > now { return token }
            state.tokens.remove(key)
            return nil
        }
    }

    func keep(_ token: Token, for key: TokenKey) {
        state.withLock { $0.tokens.insert(token, for: key, cost: token.value.utf8.count + 512) }
    }

    func drop(_ key: TokenKey) {
        state.withLock { $0.tokens.remove(key) }
    }

    func scheme(of registry: Origin) -> KnownScheme? {
        state.withLock { $0.schemes.value(for: registry) }
    }

    func keep(_ scheme: KnownScheme, of registry: Origin) {
        state.withLock { $0.schemes.insert(scheme, for: registry) }
    }

    func forget(_ registry: Origin) {
        state.withLock { $0.schemes.remove(registry) }
    }
}

/// The response of a token server (Distribution token specification, "Token Response Fields").
struct TokenResponse: Sendable {
    var token: String
    /// The time until the token expires, minus a margin of a quarter of it, at most 10 s.
    var lifetime: Duration

    /// Reads the document; nil if it contains no token.
    ///
    /// `token` and `access_token` mean the same. Without `expires_in` the lifetime is 60 s.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONParser.parse(bytes, limits: JSONLimits(depth: 32, values: 10_000)).object,
            let token = (object["token"] ?? object["access_token"])?.string,
            !token.isEmpty, token.utf8.allSatisfy(\.isASCIIVisible)
        else { return nil }
        self.token = token
        var seconds = 60
        if case .number(let text) = object["expires_in"], let number = Int(text) { seconds = number }
        seconds = min(max(seconds, 1), 86_400)
        // A token that expires while a request is under way costs two more requests.
        lifetime = .seconds(seconds) - min(.seconds(10), .seconds(seconds) / 4)
    }
}
