import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import PodAdmission

/// Asks the API server, and no other host: redirects are errors, and the certificate is always verified.
public struct KubernetesClient: Sendable {
    private let account: ServiceAccount
    private let client: HTTPClient
    private let timeout: TimeAmount

    /// Runs `body` with a client that is closed afterwards.
    ///
    /// - Parameter timeout: how long one request may take, connection included.
    public static func withClient<Result>(
        for account: ServiceAccount,
        timeout: Duration = .seconds(15),
        _ body: (KubernetesClient) async throws -> Result
    ) async throws -> Result {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(account.authorities)
        tls.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        // A wrong certificate stays wrong; a pool that goes on trying hides the reason until the time is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            try await body(KubernetesClient(account: account, client: client, timeout: TimeAmount(timeout)))
        }
    }

    /// Sets labels of a node, and removes those whose value is nil.
    ///
    /// Needs the verb `patch` on `nodes`. A JSON merge patch (RFC 7396), so that the other labels stay whatever they are.
    /// - Throws: ``KubernetesAPIError``.
    public func label(node: String, _ labels: [String: String?]) async throws(KubernetesAPIError) {
        let members = labels.sorted { $0.key < $1.key }.map { label in
            JSONObject.Member(key: label.key, value: label.value.map(JSONValue.string) ?? .null)
        }
        let patch: JSONValue = ["metadata": ["labels": .object(JSONObject(members))]]
        try await send(.PATCH, "/api/v1/nodes/\(node)", patch, type: "application/merge-patch+json")
    }

    /// Sends one request and drops the answer's body.
    private func send(
        _ method: HTTPMethod,
        _ path: String,
        _ body: JSONValue,
        type: String
    ) async throws(KubernetesAPIError) {
        var request = HTTPClientRequest(url: account.server + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(try account.token())")
        request.headers.add(name: "Content-Type", value: type)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "polypod")
        request.body = .bytes(ByteBuffer(string: body.compactText))
        let status: UInt
        do {
            status = try await client.execute(request, deadline: .now() + timeout).status.code
        } catch {
            throw KubernetesAPIError(
                .unreachable,
                "\(account.server) does not answer, or not with the cluster's certificate: look at the Pod's network"
            )
        }
        if let error = Self.error(for: status, doing: "\(method) \(path)") { throw error }
    }

    /// What an answer's status means; nil for success.
    static func error(for status: UInt, doing: String) -> KubernetesAPIError? {
        switch status {
        case 200..<300: nil
        case 401: KubernetesAPIError(.unauthenticated, "\(doing): the service account's token is not taken")
        case 403: KubernetesAPIError(.forbidden, "\(doing): the service account may not; look at its ClusterRole")
        case 404: KubernetesAPIError(.notFound, "\(doing): there is no such object")
        default: KubernetesAPIError(.refused, "\(doing): the API server answers \(status)")
        }
    }
}
