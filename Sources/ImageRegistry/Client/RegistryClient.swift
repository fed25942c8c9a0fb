import Basics
import Crypto
import NIOHTTP1
import PodAdmission

/// Gets manifests and configs from registries (OCI distribution-spec, "Pull").
struct RegistryClient: Sendable {
    /// The largest manifest or config, in bytes; most registries accept no larger ones.
    private static let bodyLimit = 4 << 20
    /// The number of redirects to follow for one request.
    private static let redirectLimit = 3

    let transport: Transport
    let authorizer: Authorizer
    let registries: RegistriesConfiguration

    /// Content whose digest was verified.
    struct Content: Sendable {
        var bytes: [UInt8]
        var digest: String
        var mediaType: String?
        /// The room of the content in the budget for all bodies.
        var reservation: BodyBudget.Reservation?
    }

    /// The endpoint and the credential for requests.
    struct Access: Sendable {
        var endpoint: RegistryEndpoint
        /// The credential; nil for anonymous requests.
        var credential: Credential?
        var trace: LookupTrace

        var host: String { endpoint.origin.host }
    }

    /// Gets the manifest or index with a tag or a digest.
    ///
    /// - Throws: ``RegistryFailure`` if there is no response, the registry refuses, or the digest does not match.
    func manifest(_ reference: String, _ access: Access) async throws(RegistryFailure) -> Content {
        let response = try await sendAuthorized(access.endpoint.manifest(reference), .manifest, access)
        return try verify(response, wanted: ImageReference.isDigest(reference) ? reference : nil, access)
    }

    /// Gets the config that a manifest names.
    ///
    /// - Throws: ``RegistryFailure`` as ``manifest(_:_:)`` does, and with `bad-response` for a config over 4 MiB.
    func config(_ descriptor: OCIDescriptor, _ access: Access) async throws(RegistryFailure) -> Content {
        guard descriptor.size ?? 0 <= Self.bodyLimit else {
            throw RegistryFailure(
                .badResponse,
                "\(access.host): the image config has more than \(Self.bodyLimit) bytes"
            )
        }
        let response = try await sendAuthorized(access.endpoint.blob(descriptor.digest), .config, access)
        return try verify(response, wanted: descriptor.digest, access)
    }

    /// Verifies the digest of the content.
    ///
    /// The caller parses exactly the bytes that are hashed here, from one response (CVE-2022-47633).
    private func verify(
        _ response: TransportResponse,
        wanted: String?,
        _ access: Access
    ) throws(RegistryFailure) -> Content {
        guard let bytes = response.body else {
            throw RegistryFailure(.badResponse, "\(access.host): the response has no body")
        }
        let named = response.headers.first(name: "Docker-Content-Digest")
        let digest = ContentDigest.of(bytes, like: wanted ?? named)
        // A header with another algorithm cannot be compared, so it is ignored.
        let isComparable = named?.prefix(7) == digest.prefix(7)
        guard wanted ?? digest == digest, !isComparable || named == digest else {
            throw RegistryFailure(.badResponse, "\(access.host): the content does not match its digest")
        }
        if let named, wanted == nil, !ImageReference.isDigest(named) {
            throw RegistryFailure(
                .badResponse,
                "\(access.host): the Docker-Content-Digest of the response is not a digest"
            )
        }
        let type = response.headers.first(name: "Content-Type")?.prefix { $0 != ";" }.trimmed.lowercased()
        return Content(bytes: bytes, digest: digest, mediaType: type, reservation: response.reservation)
    }

    /// Sends a request with the cached authorization, and again with a new one after a 401.
    ///
    /// A 401 is possible with a cached token too, because a registry can end a token early.
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
        var (response, isHome) = try await sendFollowingRedirects(url, kind, authorization, access)
        if response.status == 401, isHome {
            authorizer.discard(authorization)
            let challenges = response.headers["WWW-Authenticate"].prefix(8).flatMap { Challenge.parse($0) }
            let renewed = try await authorizer.authorization(
                for: challenges,
                access.endpoint,
                credential: access.credential,
                trace: access.trace
            )
            // The same header would be refused again, and repeated failures can lock a user out.
            if let renewed, renewed.header != authorization?.header {
                authorization = renewed
                (response, isHome) = try await sendFollowingRedirects(url, kind, authorization, access)
            }
            if response.status == 401 { authorizer.discard(authorization) }
        }
        guard response.status == 200 else { throw response.failure(host: access.host) }
        access.trace.answered(by: access.endpoint.origin, authorization?.kind ?? .anonymous)
        return response
    }

    /// Sends a request and follows at most three redirects.
    ///
    /// When the scheme, host or port changes, the authorization is removed from all further requests. A redirect from
    /// https to http is an error. The transport checks the address of each request. A redirect to a loopback address is
    /// allowed only if the operator named both hosts, and one into a refused network if the operator named the first.
    ///
    /// - Parameters:
    ///   - url: The URL of the first request.
    ///   - kind: The kind of content.
    ///   - authorization: The authorization for the endpoint; nil for none.
    ///   - access: The endpoint.
    /// - Returns: The last response, and whether the endpoint itself sent it.
    /// - Throws: ``RegistryFailure`` if there is no response, or a redirect must not be followed.
    private func sendFollowingRedirects(
        _ url: WebURL,
        _ kind: LookupTrace.Kind,
        _ authorization: Authorization?,
        _ access: Access
    ) async throws(RegistryFailure) -> (response: TransportResponse, isHome: Bool) {
        let transport = transport
        var request = TransportRequest(url: url, limit: Self.bodyLimit)
        request.headers = [("Accept", kind == .manifest ? MediaType.accepted : "*/*")]
        if let authorization { request.headers.append(("Authorization", authorization.header)) }
        request.trust = access.endpoint.trust
        var isHome = true
        for hop in 0...Self.redirectLimit {
            let sent = request
            let response = try await access.trace.count(kind) { () async throws(RegistryFailure) in
                try await transport.send(sent)
            }
            guard [301, 302, 303, 307, 308].contains(response.status) else { return (response, isHome) }
            guard hop < Self.redirectLimit, let location = response.headers.first(name: "Location"),
                let next = request.url.redirected(to: location)
            else { break }
            guard next.origin.isSecure || !request.url.origin.isSecure else {
                throw RegistryFailure(.forbiddenAddress, "\(access.host): the registry redirects from https to http")
            }
            if next.origin != request.url.origin {
                isHome = false
                request.headers.removeAll { $0.name == "Authorization" }
                request.trust = registries.trust(next.origin, from: request.trust)
            }
            request.url = next
        }
        throw RegistryFailure(
            .badResponse,
            "\(access.host): too many redirects, or a redirect without a valid Location"
        )
    }
}

/// Computes digests of content (OCI image-spec, descriptor.md, "Digests").
enum ContentDigest {
    /// The digest of `bytes` with the algorithm of the digest `like`; by default sha256.
    static func of(_ bytes: [UInt8], like: String? = nil) -> String {
        bytes.withUnsafeBytes { buffer in
            if like?.hasPrefix("sha512:") == true {
                var hash = SHA512()
                hash.update(bufferPointer: buffer)
                return "sha512:" + hash.finalize().hexadecimal
            }
            var hash = SHA256()
            hash.update(bufferPointer: buffer)
            return "sha256:" + hash.finalize().hexadecimal
        }
    }
}
