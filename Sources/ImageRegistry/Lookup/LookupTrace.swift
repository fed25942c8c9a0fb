import Metrics
import PodAdmission
import Synchronization

/// Counts the requests of one look-up, and notes which host responded.
final class LookupTrace: Sendable {
    /// The purpose of a request, a bounded label of the metric.
    enum Kind: String {
        case manifest, config, token
    }

    /// The values for the report, complete when the look-up has ended.
    struct Summary: Sendable {
        var roundTrips = 0
        /// The host, with its port, that sent the last successful response.
        var endpoint: String?
        /// The kind of credential of that response.
        var credential: CredentialKind?
    }

    private let state = Mutex(Summary())

    var summary: Summary { state.withLock { $0 } }

    /// Sends a request and counts it; each redirect counts as a request of its own.
    ///
    /// - Throws: The ``RegistryFailure`` of `send`.
    func count(
        _ kind: Kind,
        _ send: () async throws(RegistryFailure) -> TransportResponse
    ) async throws(RegistryFailure) -> TransportResponse {
        state.withLock { $0.roundTrips += 1 }
        do throws(RegistryFailure) {
            let response = try await send()
            Self.record(kind, outcome: "\(response.status / 100)xx")
            return response
        } catch {
            Self.record(kind, outcome: error.code.rawValue)
            throw error
        }
    }

    /// Notes the host of a successful response, and the kind of credential that was sent.
    func answered(by endpoint: Origin, _ credential: CredentialKind) {
        state.withLock { summary in
            summary.endpoint = endpoint.hostAndPort
            summary.credential = credential
        }
    }

    /// Counts one request, with bounded labels.
    ///
    /// There is no label for the host, because any user can create Pods that name new hosts.
    private static func record(_ kind: Kind, outcome: String) {
        Counter(
            label: "polypod_registry_requests_total",
            dimensions: [("kind", kind.rawValue), ("outcome", outcome)]
        ).increment()
    }
}

/// Counts reports by result, in the metric `polypod_image_lookups_total`.
struct LookupMetrics: Sendable {
    private static func counter(_ result: String) -> Counter {
        Counter(label: "polypod_image_lookups_total", dimensions: [("result", result)])
    }

    private let hit = Self.counter("hit")
    private let miss = Self.counter("miss")
    private let stale = Self.counter("stale")
    private let negative = Self.counter("negative")
    private let unresolved = Self.counter("unresolved")

    func record(_ report: ImageReport) {
        switch (report.answer, report.isCached) {
        case (.resolved(_, .some), _): stale.increment()
        case (.resolved, true): hit.increment()
        case (.resolved, false): miss.increment()
        case (.unresolved, true): negative.increment()
        case (.unresolved, false): unresolved.increment()
        }
    }
}
