import Basics
import Synchronization

/// A user's credential plugin and the last credential that it returned, which is kept only in memory.
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

    /// The current credential; the plugin runs if there is none, if it has expired, or if it is `refused`.
    ///
    /// If several tasks call this at the same time, the plugin runs once.
    /// - Parameter refused: The credential that the API server did not accept.
    /// - Returns: The credential.
    /// - Throws: ``KubernetesAPIError`` with `unauthenticated` if the plugin fails, and `timeout` if the task is
    ///   cancelled first.
    func credential(refused: RequestCredential?) async throws(KubernetesAPIError) -> RequestCredential {
        let result = await lock.withLock { () async -> Result<RequestCredential, KubernetesAPIError> in
            if let credential = current(refused: refused) { return .success(credential) }
            do throws(KubernetesAPIError) { return .success(keep(try await command.run())) } catch {
                return .failure(error)
            }
        }
        guard let result else {
            throw KubernetesAPIError(.timeout, "the credential plugin did not return a credential in time")
        }
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
