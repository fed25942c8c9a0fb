import Basics
import Synchronization

/// What a token is good for.
///
/// Two tokens are the same only where all of it is (rule 8 of the registry client).
struct TokenKey: Sendable, Hashable {
    var realm: WebURL
    var service: String?
    var scope: String
    /// The fingerprint of the credential; nil for anonymous.
    var credential: String?
    var registry: Origin
}

/// A bearer token.
///
/// Its text does not show it.
struct Token: Sendable, Redacted {
    var value: String
    var expiry: ContinuousClock.Instant
    /// Whether a credential was given for it.
    var isPersonal: Bool

    var description: String { "token (redacted)" }
}

/// How a registry wanted to be authorized when it last said so; it saves the round trip that asks.
struct KnownScheme: Sendable {
    /// The scope for any repository: what stands around its name, or a text without it.
    enum Scope: Sendable {
        case around(before: String, after: String)
        case fixed(String)
    }

    /// Basic where nil.
    var bearer: (realm: WebURL, service: String?, scope: Scope)?
}

/// Tokens and schemes, bounded in number.
final class TokenCache: Sendable {
    private struct State {
        var tokens = LRU<TokenKey, Token>(entries: 2048, cost: 8 << 20)
        var schemes = LRU<Origin, KnownScheme>(entries: 512)
    }

    private let state = Mutex(State())

    /// The token for `key`, where one is kept and good at `now`.
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
