import Synchronization

/// Whether the server is ready for requests, for `/readyz`.
final class Readiness: Sendable {
    private struct State {
        var isListening = false
        var isDraining = false
        var certificateExpiry: Int?
    }

    private let state = Mutex(State())
    private let unixTime: @Sendable () -> Int
    private let others: @Sendable () -> String?

    /// Creates the state of a server that is not ready: without a certificate, and not listening.
    ///
    /// - Parameters:
    ///   - unixTime: Returns the time in seconds, to compare with the expiry of the certificate.
    ///   - others: Returns a reason outside the server why it is not ready; nil if there is none.
    init(unixTime: @escaping @Sendable () -> Int, others: @escaping @Sendable () -> String? = { nil }) {
        self.unixTime = unixTime
        self.others = others
    }

    /// Records that the server's port is bound.
    func startListening() { state.withLock { $0.isListening = true } }

    /// Records that the shutdown has begun.
    func startDraining() { state.withLock { $0.isDraining = true } }

    /// Records that a certificate was loaded, valid until `expiry` in Unix time.
    func loadedCertificate(expiry: Int) { state.withLock { $0.certificateExpiry = expiry } }

    /// The reason why the server is not ready; nil if it is ready.
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
