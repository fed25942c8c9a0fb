import Basics
import NIOHTTP1
import PodAdmission

/// Gets manifests and configs from one endpoint with one credential (OCI distribution-spec, "Pull").
struct RegistryClient: Sendable {
    /// The largest manifest or config that is read; registries commonly take no larger ones.
    static let bodyLimit = 4 << 20
    private static let redirectLimit = 3

    let transport: Transport
    let authorizer: Authorizer
    let registries: RegistriesConfiguration

    /// A verified piece of content.
    struct Content: Sendable {
        var bytes: [UInt8]
        var digest: String
        var mediaType: String?
    }

    /// Where and as whom is asked.
    struct Access: Sendable {
        var endpoint: RegistryEndpoint
        var credential: Credential?
        var trace: LookupTrace

        var host: String { endpoint.origin.host }
    }

    /// The manifest or index that `reference`, a tag or a digest, names.
    func manifest(_ reference: String, _ access: Access) async throws(RegistryFailure) -> Content {
        let reply = try await sendAuthorized(access.endpoint.manifest(reference), .manifest, access)
        return try verify(reply, wanted: ImageReference.isDigest(reference) ? reference : nil, access)
    }

    /// The config that a manifest names.
    func config(_ descriptor: OCIDescriptor, _ access: Access) async throws(RegistryFailure) -> Content {
        guard descriptor.size ?? 0 <= Self.bodyLimit else {
            throw RegistryFailure(.badResponse, "\(access.host): an image config of more than \(Self.bodyLimit) bytes")
        }
        let reply = try await sendAuthorized(access.endpoint.blob(descriptor.digest), .config, access)
        return try verify(reply, wanted: descriptor.digest, access)
    }

    /// What is parsed afterwards is exactly what was hashed here, from one response (CVE-2022-47633).
    private func verify(
        _ reply: TransportResponse,
        wanted: String?,
        _ access: Access
    ) throws(RegistryFailure) -> Content {
        guard let bytes = reply.body else {
            throw RegistryFailure(.badResponse, "\(access.host): an answer without a body")
        }
        let named = reply.headers.first(name: "Docker-Content-Digest")
        let digest = ContentDigest.of(bytes, like: wanted ?? named)
        // A header of another algorithm than the one wanted cannot be compared, and says nothing.
        let isComparable = named?.prefix(7) == digest.prefix(7)
        guard wanted ?? digest == digest, !isComparable || named == digest else {
            throw RegistryFailure(.badResponse, "\(access.host): the content does not have the digest it should have")
        }
        if let named, wanted == nil, !ImageReference.isDigest(named) {
            throw RegistryFailure(.badResponse, "\(access.host): an answer whose digest is none")
        }
        let type = reply.headers.first(name: "Content-Type")?.prefix { $0 != ";" }.trimmed.lowercased()
        return Content(bytes: bytes, digest: digest, mediaType: type)
    }

    /// Sends with what is known to be wanted, and once more after a 401: a token may have ended before its time.
    private func sendAuthorized(
        _ url: WebURL,
        _ kind: LookupTrace.Kind,
        _ access: Access
    ) async throws(RegistryFailure) -> TransportResponse {
        let authorizer = authorizer
        var authorization = try await authorizer.first(
            access.endpoint,
            credential: access.credential,
            trace: access.trace
        )
        var (reply, isHome) = try await sendFollowingRedirects(url, kind, authorization, access)
        if reply.status == 401, isHome {
            if let key = authorization?.tokenKey { authorizer.cache.drop(key) }
            let challenges = reply.headers["WWW-Authenticate"].prefix(8).flatMap { Challenge.parse($0) }
            let answer = try await authorizer.answer(
                challenges,
                access.endpoint,
                credential: access.credential,
                trace: access.trace
            )
            // The same once more would be the same refusal, and one step nearer to a user that is locked out.
            if let answer, answer.header != authorization?.header {
                authorization = answer
                (reply, isHome) = try await sendFollowingRedirects(url, kind, authorization, access)
            }
            if reply.status == 401, let key = authorization?.tokenKey { authorizer.cache.drop(key) }
        }
        guard reply.status == 200 else { throw reply.failure(host: access.host) }
        access.trace.answered(by: access.endpoint.origin, authorization?.kind ?? .anonymous)
        return reply
    }

    /// Sends and follows redirects by hand.
    ///
    /// At most three; the authorization is left behind for good when the scheme, host or port changes; never from https
    /// to http; every hop's address is checked, and only what the operator named may lead to loopback.
    ///
    /// - Returns: The last answer, and whether it is the endpoint's own.
    private func sendFollowingRedirects(
        _ url: WebURL,
        _ kind: LookupTrace.Kind,
        _ authorization: Authorization?,
        _ access: Access
    ) async throws(RegistryFailure) -> (reply: TransportResponse, isHome: Bool) {
        let transport = transport
        var request = TransportRequest(url: url, limit: Self.bodyLimit)
        request.headers = [("Accept", kind == .manifest ? MediaType.accepted : "*/*")]
        if let authorization { request.headers.append(("Authorization", authorization.header)) }
        request.allowsLoopback = access.endpoint.isConfigured
        var isHome = true
        for hop in 0...Self.redirectLimit {
            let sent = request
            let reply = try await access.trace.count(kind) { () async throws(RegistryFailure) in
                try await transport.send(sent)
            }
            guard [301, 302, 303, 307, 308].contains(reply.status) else { return (reply, isHome) }
            guard hop < Self.redirectLimit, let location = reply.headers.first(name: "Location"),
                let next = request.url.redirected(to: location)
            else { break }
            guard next.origin.isSecure || !request.url.origin.isSecure else {
                throw RegistryFailure(.forbiddenAddress, "\(access.host): redirects from https to http")
            }
            if next.origin != request.url.origin {
                isHome = false
                request.headers.removeAll { $0.name == "Authorization" }
                request.allowsLoopback = request.allowsLoopback && registries.isConfigured(next.origin)
            }
            request.url = next
        }
        throw RegistryFailure(.badResponse, "\(access.host): redirects too often, or nowhere")
    }
}
