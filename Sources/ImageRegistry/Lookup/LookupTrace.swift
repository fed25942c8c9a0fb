import Metrics
import PodAdmission
import Synchronization

/// What one look-up took.
///
/// It belongs to one look-up and is read when that is done.
final class LookupTrace: Sendable {
    /// What a request asks for: the bounded label of the metric.
    enum Kind: String {
        case manifest, config, token
    }

    struct Summary: Sendable {
        var roundTrips = 0
        /// The host that answered last.
        var endpoint: String?
        var credential: CredentialKind?
    }

    private let state = Mutex(Summary())

    var summary: Summary { state.withLock { $0 } }

    /// Counts one request around sending it, redirects each as one.
    func count(
        _ kind: Kind,
        _ send: () async throws(RegistryFailure) -> TransportResponse
    ) async throws(RegistryFailure) -> TransportResponse {
        state.withLock { $0.roundTrips += 1 }
        do throws(RegistryFailure) {
            let reply = try await send()
            Self.record(kind, outcome: "\(reply.status / 100)xx")
            return reply
        } catch {
            Self.record(kind, outcome: error.code.rawValue)
            throw error
        }
    }

    /// Notes who answered, and as whom.
    func answered(by endpoint: Origin, _ credential: CredentialKind) {
        state.withLock { summary in
            summary.endpoint = endpoint.hostAndPort
            summary.credential = credential
        }
    }

    /// Both labels are bounded: hosts, which anybody can name, are not among them.
    private static func record(_ kind: Kind, outcome: String) {
        Counter(
            label: "polypod_registry_requests_total",
            dimensions: [("kind", kind.rawValue), ("outcome", outcome)]
        ).increment()
    }
}
