import Basics
import JSON
import PodAdmission

/// The `Authorization` header of a request, and its source.
///
/// The description does not contain the header.
struct Authorization: Sendable, Redacted {
    var header: String
    var kind: CredentialKind
    /// The cache key of the token in the header; the token is dropped if the registry refuses it.
    var tokenKey: TokenKey?

    var description: String { "authorization (redacted)" }
}

/// Authorizes the requests to registries: it reads challenges, and gets and caches tokens.
struct Authorizer: Sendable {
    let transport: Transport
    private let cache = TokenCache()
    let tokenServers: TokenServerPolicy
    let registries: RegistriesConfiguration
    let now: @Sendable () -> ContinuousClock.Instant

    /// Returns the authorization for a first request; nil if the scheme of the registry is not known yet.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint and the repository.
    ///   - credential: The credential to use; nil for an anonymous request.
    ///   - trace: Counts the request to the token server.
    /// - Returns: A basic authorization or a token, which can be a cached one.
    /// - Throws: ``RegistryFailure`` if the token server fails or refuses, or must not be used.
    func first(
        _ endpoint: RegistryEndpoint,
        credential: Credential?,
        trace: LookupTrace
    ) async throws(RegistryFailure) -> Authorization? {
        guard let scheme = cache.scheme(of: endpoint.origin) else { return nil }
        guard let bearer = scheme.bearer else { return Self.basic(credential) }
        let scope =
            switch bearer.scope {
            case .around(let before, let after): before + endpoint.repository + after
            case .fixed(let text): text
            }
        do throws(RegistryFailure) {
            return try await token(
                bearer.realm,
                bearer.service,
                scope: scope,
                endpoint,
                credential: credential,
                trace: trace
            )
        } catch {
            // The token server may have moved. The next look-up asks the registry for its address again.
            cache.forget(endpoint.origin)
            throw error
        }
    }

    /// Returns the authorization for the request after a 401; nil if no challenge can be met.
    ///
    /// - Parameters:
    ///   - challenges: The challenges of the response.
    ///   - endpoint: The endpoint and the repository.
    ///   - credential: The credential to use; nil for an anonymous request.
    ///   - trace: Counts the request to the token server.
    /// - Returns: A basic authorization or a token, which can be a cached one.
    /// - Throws: ``RegistryFailure`` if the token server fails or refuses, or must not be used.
    func authorization(
        for challenges: [Challenge],
        _ endpoint: RegistryEndpoint,
        credential: Credential?,
        trace: LookupTrace
    ) async throws(RegistryFailure) -> Authorization? {
        for case .bearer(let realm, let service, let asked) in challenges {
            guard let realm = WebURL(realm) else { continue }
            let scope = Self.scope(asked, repository: endpoint.repository)
            if let reusable = KnownScheme.Scope(scope, for: endpoint.repository) {
                cache.keep(KnownScheme(bearer: (realm, service, reusable)), of: endpoint.origin)
            }
            return try await token(realm, service, scope: scope, endpoint, credential: credential, trace: trace)
        }
        guard challenges.contains(.basic) else { return nil }
        cache.keep(KnownScheme(bearer: nil), of: endpoint.origin)
        return Self.basic(credential)
    }

    /// Drops the token of an authorization that the registry refused.
    func discard(_ authorization: Authorization?) {
        if let key = authorization?.tokenKey { cache.drop(key) }
    }

    /// The scope of the challenge, or the pull scope of the repository if the challenge asks for more than pulling.
    private static func scope(_ asked: String?, repository: String) -> String {
        let own = "repository:\(repository):pull"
        guard let asked, !asked.isEmpty, asked.utf8.count <= 512, asked.utf8.allSatisfy(\.isASCIIVisible) else {
            return own
        }
        return asked.hasPrefix("repository:") && !asked.hasSuffix(":pull") ? own : asked
    }

    private static func basic(_ credential: Credential?) -> Authorization? {
        guard case .basic(let username, let password) = credential else { return nil }
        return Authorization(header: "Basic " + Base64.encode("\(username):\(password)".utf8), kind: .basic)
    }

    private func token(
        _ realm: WebURL,
        _ service: String?,
        scope: String,
        _ endpoint: RegistryEndpoint,
        credential: Credential?,
        trace: LookupTrace
    ) async throws(RegistryFailure) -> Authorization {
        let host = endpoint.origin.host
        guard tokenServers.mayAsk(realm.origin, for: endpoint.origin) else {
            throw RegistryFailure(.forbiddenAddress, "\(host): its token server does not use https")
        }
        let isTrusted = tokenServers.mayReceiveCredentials(realm.origin, of: endpoint.origin)
        let credential = isTrusted ? credential : nil
        let key = TokenKey(
            realm: realm,
            service: service,
            scope: scope,
            credential: credential?.fingerprint,
            registry: endpoint.origin
        )
        if let token = cache.token(for: key, now: now()) { return Self.authorization(token, key) }
        var request = Self.request(realm, service: service, scope: scope, credential: credential)
        request.trust = registries.trust(realm.origin, from: endpoint.trust)
        let response = try await trace.count(.token) { () async throws(RegistryFailure) in
            try await transport.send(request)
        }
        guard response.status == 200 else { throw Self.refusal(response, host: host, isTrusted: isTrusted) }
        guard let fresh = response.body.flatMap({ TokenResponse($0) }) else {
            throw RegistryFailure(.badResponse, "\(host): the response of its token server contains no token")
        }
        let token = Token(value: fresh.token, expiry: now() + fresh.lifetime, isPersonal: credential != nil)
        cache.keep(token, for: key)
        return Self.authorization(token, key)
    }

    private static func authorization(_ token: Token, _ key: TokenKey) -> Authorization {
        Authorization(header: "Bearer \(token.value)", kind: token.isPersonal ? .token : .anonymous, tokenKey: key)
    }

    private static func request(
        _ realm: WebURL,
        service: String?,
        scope: String,
        credential: Credential?
    ) -> TransportRequest {
        var fields = service.map { ["service=\($0.percentEncoded)"] } ?? []
        fields.append("scope=\(scope.percentEncoded)")
        var request = TransportRequest(url: realm, limit: 64 << 10)
        if case .identity(let token) = credential {
            fields += ["grant_type=refresh_token", "client_id=polypod", "refresh_token=\(token.percentEncoded)"]
            request.content = .init(type: "application/x-www-form-urlencoded", text: fields.joined(separator: "&"))
            return request
        }
        if let basic = basic(credential) { request.headers.append(("Authorization", basic.header)) }
        let separator = realm.target.contains("?") ? "&" : "?"
        request.url = WebURL(realm.origin, target: realm.target + separator + fields.joined(separator: "&"))
        return request
    }

    private static func refusal(_ response: TransportResponse, host: String, isTrusted: Bool) -> RegistryFailure {
        switch response.status {
        case 401, 403:
            let hint = isTrusted ? "" : "; it is on another host, so Polypod sent no credentials"
            return RegistryFailure(.unauthorized, "\(host): its token server answered \(response.status)\(hint)")
        case 300..<400: return RegistryFailure(.badResponse, "\(host): its token server redirects")
        default: return response.failure(host: host, of: "its token server")
        }
    }
}

/// Decides which token servers a registry may name, and which of them receive credentials.
///
/// A registry can name any token server. A malicious registry could name its own server to get the credentials of the
/// registry that it replaces, or name the token server of another registry to use a token from there.
struct TokenServerPolicy: Sendable {
    /// Token servers that are on another host than their registry and belong to it, by registry.
    private static let known = [
        "registry-1.docker.io": "auth.docker.io",
        "registry.gitlab.com": "gitlab.com",
        "registry.digitalocean.com": "api.digitalocean.com",
    ]

    /// Hosts that may receive the credentials of any registry, set by the operator, such as a private GitLab.
    var allowedHosts: Set<String> = []

    /// Whether the client may use the realm at all: not over plain HTTP if the registry uses https.
    func mayAsk(_ realm: Origin, for registry: Origin) -> Bool {
        realm.isSecure || !registry.isSecure
    }

    /// Whether the realm may receive the registry's credentials; otherwise the request is anonymous.
    func mayReceiveCredentials(_ realm: Origin, of registry: Origin) -> Bool {
        guard realm.isSecure else {
            return !registry.isSecure && realm.host == registry.host && realm.port == registry.port
        }
        return realm.host == registry.host || Self.known[registry.host] == realm.host
            || allowedHosts.contains(realm.host)
    }
}
