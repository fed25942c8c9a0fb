import Basics
import FoundationEssentials
import JSON
import Synchronization

/// A user's credential plugin and what it handed out last, which is kept in memory alone.
final class CredentialPlugin: Sendable {
    private struct State {
        var credential: RequestCredential?
        var expiry: Int?
        var runs = 0
    }

    private let command: PluginCommand
    private let time: TimeSource
    private let lock = AsyncLock()
    private let state = Mutex(State())

    init(_ command: PluginCommand, time: TimeSource = .system) {
        self.command = command
        self.time = time
    }

    /// The credential of now; the plugin is run where there is none, where it has expired, or where it is `refused`.
    ///
    /// Of those who ask at the same time one runs it.
    func credential(refused: RequestCredential?) async throws(KubernetesAPIError) -> RequestCredential {
        let result = await lock.withLock { () async -> Result<RequestCredential, KubernetesAPIError> in
            if let credential = current(refused: refused) { return .success(credential) }
            do throws(KubernetesAPIError) { return .success(keep(try await command.run())) } catch {
                return .failure(error)
            }
        }
        guard let result else { throw KubernetesAPIError(.timeout, "no credential in time") }
        return try result.get()
    }

    private func current(refused: RequestCredential?) -> RequestCredential? {
        let now = time.wallTime()
        return state.withLock { state in
            guard let credential = state.credential, credential.run != refused?.run else { return nil }
            return state.expiry.map { now < $0 } ?? true ? credential : nil
        }
    }

    private func keep(_ fresh: PluginCredential) -> RequestCredential {
        state.withLock { state in
            state.runs += 1
            let credential = RequestCredential(token: fresh.token, certificate: fresh.certificate, run: state.runs)
            state.credential = credential
            state.expiry = fresh.expiry
            return credential
        }
    }
}

/// What a credential plugin handed out (client.authentication.k8s.io/v1, ExecCredentialStatus).
struct PluginCredential: Sendable {
    /// The bearer token.
    let token: String?
    /// The client's certificate.
    let certificate: ClientCertificate?
    /// When it ends, in microseconds since the beginning of 1970; nil where it is not said.
    let expiry: Int?

    /// Reads what the plugin printed; `failure` makes an error of a reason.
    init(
        output: [UInt8],
        version: String,
        failure: (String) -> KubernetesAPIError
    ) throws(KubernetesAPIError) {
        guard let document = try? JSONParser.parse(output), document["kind"]?.string == "ExecCredential",
            document["apiVersion"]?.string == version
        else { throw failure("printed no ExecCredential of \(version)") }
        let status = document["status"]
        token = status?["token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        switch (status?["clientCertificateData"]?.string, status?["clientKeyData"]?.string) {
        case (nil, nil): certificate = nil
        case (let chain?, let key?):
            certificate = ClientCertificate(certificate: Array(chain.utf8), key: Array(key.utf8))
            guard certificate != nil else { throw failure("printed a certificate or a key that is not in PEM form") }
        default: throw failure("printed a certificate or a key without the other")
        }
        guard token != nil || certificate != nil else { throw failure("printed neither a token nor a certificate") }
        switch status?["expirationTimestamp"] {
        case nil, .null?: expiry = nil
        case .string(let text)?:
            guard let date = Self.date(text) else { throw failure("printed an expirationTimestamp that is none") }
            expiry = Int(date.timeIntervalSince1970 * 1_000_000)
        default: throw failure("printed an expirationTimestamp that is none")
        }
    }

    /// A moment as RFC 3339 has it.
    private static func date(_ text: String) -> Date? {
        [false, true].lazy.compactMap { hasFraction in
            try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction))
        }.first
    }
}
