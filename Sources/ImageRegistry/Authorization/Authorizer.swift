import Basics
import JSON
import PodAdmission

/// The `Authorization` of a request, and where it came from.
///
/// Its text does not show it.
struct Authorization: Sendable, Redacted {
    var header: String
    var kind: CredentialKind
    /// The key of the token in it, to be dropped where the registry does not take it.
    var tokenKey: TokenKey?

    var description: String { "authorization (redacted)" }
}

/// Gets and keeps what requests are authorized with.
struct Authorizer: Sendable {
    let transport: Transport
    let cache: TokenCache
    let realms: TokenServerPolicy
    let registries: RegistriesConfiguration
    let now: @Sendable () -> ContinuousClock.Instant

    /// What to send with the first request; nil where nothing is known of the registry yet.
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
            // The token server may have moved: the next look-up asks the registry where it is.
            cache.forget(endpoint.origin)
            throw error
        }
    }

    /// What to send after a 401; nil where none of its challenges can be met.
    func answer(
        _ challenges: [Challenge],
        _ endpoint: RegistryEndpoint,
        credential: Credential?,
        trace: LookupTrace
    ) async throws(RegistryFailure) -> Authorization? {
        for case .bearer(let realm, let service, let asked) in challenges {
            guard let realm = WebURL(realm) else { continue }
            let scope = Self.scope(asked, repository: endpoint.repository)
            let form: KnownScheme.Scope =
                if let range = scope.firstRange(of: endpoint.repository) {
                    .around(before: String(scope[..<range.lowerBound]), after: String(scope[range.upperBound...]))
                } else {
                    .fixed(scope)
                }
            cache.keep(KnownScheme(bearer: (realm, service, form)), of: endpoint.origin)
            return try await token(realm, service, scope: scope, endpoint, credential: credential, trace: trace)
        }
        guard challenges.contains(.basic) else { return nil }
        cache.keep(KnownScheme(bearer: nil), of: endpoint.origin)
        return Self.basic(credential)
    }

    /// The scope that the registry asked for, unless it is more than pulling one repository.
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
        guard realms.mayAsk(realm.origin, for: endpoint.origin) else {
            throw RegistryFailure(.forbiddenAddress, "\(host): its token server is not behind https")
        }
        let isTrusted = realms.mayHaveCredentials(realm.origin, of: endpoint.origin)
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
        request.allowsLoopback = endpoint.isConfigured && registries.isConfigured(realm.origin)
        let reply = try await trace.count(.token) { () async throws(RegistryFailure) in
            try await transport.send(request)
        }
        guard reply.status == 200 else { throw Self.refusal(reply, host: host, isTrusted: isTrusted) }
        guard let fresh = reply.body.flatMap({ TokenResponse($0) }) else {
            throw RegistryFailure(.badResponse, "\(host): its token server answered with no token")
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

    private static func refusal(_ reply: TransportResponse, host: String, isTrusted: Bool) -> RegistryFailure {
        switch reply.status {
        case 401, 403:
            let hint = isTrusted ? "" : "; it is on another host and was asked without credentials"
            return RegistryFailure(.unauthorized, "\(host): its token server answered \(reply.status)\(hint)")
        case 300..<400: return RegistryFailure(.badResponse, "\(host): its token server redirects")
        default: return reply.failure(host: host, of: "its token server")
        }
    }
}
