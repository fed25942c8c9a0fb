import Basics
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
