import AsyncHTTPClient
import Basics
import JSON
import NIOCore
import NIOHTTP1
import NIOSSL

extension KubernetesClient {
    /// Sends `call` and reads its answer, whole and in time.
    ///
    /// - Throws: what a failure's status means.
    func send(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
        let answer = try await answer(call)
        if let error = answer.failure(call.subject) { throw error }
        return answer
    }

    /// Sends a call whose answer is an object.
    func object(_ call: APICall) async throws(KubernetesAPIError) -> JSONValue {
        try await send(call).object(call)
    }

    private func answer(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
        // The HTTP client's own deadline ends with the answer's head; a cancelled task ends the body too.
        let result = await TimeSource.system.withTimeout(timeout) { await outcome(call) }
        guard let result else { throw lateness(call) }
        return try result.get()
    }

    private func outcome(_ call: APICall) async -> Result<APIResponse, KubernetesAPIError> {
        do throws(KubernetesAPIError) { return .success(try await attempt(call)) } catch { return .failure(error) }
    }

    private func attempt(_ call: APICall) async throws(KubernetesAPIError) -> APIResponse {
        try await authenticated(call) { request throws(KubernetesAPIError) -> APIResponse in
            do {
                do {
                    return try await exchange(request, call)
                } catch  where call.method == .GET && Self.isBrokenConnection(error) {
                    return try await exchange(request, call)
                }
            } catch {
                throw failure(error, call)
            }
        } isRefused: {
            $0.status == 401
        }
    }

    /// Sends a request with the credential, and once more where a credential plugin's is not taken and it has another.
    ///
    /// The API server looks at the credential before anything else, so that a write is not done twice.
    func authenticated<Answer>(
        _ call: APICall,
        _ send: (HTTPClientRequest) async throws(KubernetesAPIError) -> Answer,
        isRefused: (Answer) -> Bool
    ) async throws(KubernetesAPIError) -> Answer {
        let credential = try await access.identity.credential()
        let answer = try await send(prepared(call, credential))
        guard isRefused(answer), credential.run != nil else { return answer }
        return try await send(prepared(call, try await access.identity.credential(refused: credential)))
    }

    private func exchange(_ request: HTTPClientRequest, _ call: APICall) async throws -> APIResponse {
        let response = try await requests.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        // A failure's body is a Status; of anything longer no more is wanted.
        let limit = (200..<300).contains(status) ? call.limit : min(call.limit, 1 << 20)
        var bytes: [UInt8] = []
        for try await part in response.body {
            guard bytes.count + part.readableBytes <= limit else {
                throw KubernetesAPIError(.refused, "\(call.subject): an answer of more than \(limit) bytes")
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        try Task.checkCancellation()
        return APIResponse(status: status, headers: response.headers, body: bytes)
    }

    /// The request with the credential, which goes nowhere else.
    private func prepared(_ call: APICall, _ credential: RequestCredential) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: access.server.requestBase + URLQuery.append(call.query, to: call.path))
        request.method = call.method
        request.headers.add(name: "Host", value: access.server.authority)
        request.headers.add(name: "User-Agent", value: "polypod")
        request.headers.add(name: "Accept", value: call.accept)
        if let token = credential.token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let type = call.contentType { request.headers.add(name: "Content-Type", value: type) }
        if let body = call.body { request.body = .bytes(body) }
        if let certificate = credential.certificate {
            var tls = tls
            tls.certificateChain = certificate.chain.map { .certificate($0) }
            tls.privateKey = .privateKey(certificate.key)
            request.tlsConfiguration = tls
        }
        return request
    }
}
