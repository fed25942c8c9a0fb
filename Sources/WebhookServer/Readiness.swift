import Logging
import ServiceLifecycle
import Synchronization

/// Whether the server should be sent requests, as `/readyz` says.
final class Readiness: Sendable {
    private struct State {
        var isListening = false
        var isDraining = false
        var certificateExpiry: Int?
    }

    private let state = Mutex(State())
    private let unixTime: @Sendable () -> Int
    private let others: @Sendable () -> String?

    /// - Parameters:
    ///   - unixTime: The clock that certificates are judged by, in seconds.
    ///   - others: What else stands in the way, from outside the server; nil for nothing.
    init(unixTime: @escaping @Sendable () -> Int, others: @escaping @Sendable () -> String? = { nil }) {
        self.unixTime = unixTime
        self.others = others
    }

    /// The server's port is bound.
    func startListening() { state.withLock { $0.isListening = true } }

    /// The server is told to stop.
    func startDraining() { state.withLock { $0.isDraining = true } }

    /// A certificate was loaded that is valid until `expiry`, in Unix time.
    func loadedCertificate(expiry: Int) { state.withLock { $0.certificateExpiry = expiry } }

    /// Why the server is not ready; nil where it is.
    var notReadyReason: String? {
        let own = state.withLock { state -> String? in
            if state.isDraining { return "shutting down" }
            guard let expiry = state.certificateExpiry else { return "no serving certificate" }
            if expiry <= unixTime() { return "the serving certificate has expired" }
            return state.isListening ? nil : "not listening yet"
        }
        return own ?? others()
    }
}

/// The first service to be told to stop: it takes the server out of the Service's endpoints before anything closes.
///
/// Kubernetes sends SIGTERM and removes the endpoint at the same time, and kube-proxy and the API server learn of it
/// a little later; until then requests still come and are still answered, each with `Connection: close`.
struct Drain: Service {
    let readiness: Readiness
    let load: ServerLoad
    let delay: Duration
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        readiness.startDraining()
        load.startDraining()
        guard !Task.isCancelled, delay > .zero else { return }
        logger.info("shutting down", metadata: ["delay": "\(delay)"])
        try? await Task.sleep(for: delay)
    }
}
