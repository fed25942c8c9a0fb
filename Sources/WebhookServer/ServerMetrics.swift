public import Metrics

/// The metrics of connections and certificates.
public struct ServerMetrics: Sendable {
    let connections: Gauge
    let certificateExpiry: Gauge
    let certificateReloadFailures: Counter

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        connections = Gauge(label: "polypod_connections", dimensions: [], factory: factory)
        certificateExpiry = Gauge(
            label: "polypod_certificate_expiry_timestamp_seconds",
            dimensions: [],
            factory: factory
        )
        certificateReloadFailures = Counter(
            label: "polypod_certificate_reload_failures_total",
            dimensions: [],
            factory: factory
        )
    }

    /// What each metric of the server is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_admission_requests_total": "Requests to the webhooks by stage, kind and what became of them.",
        "polypod_admission_duration_seconds": "Time from a review's arrival to its answer.",
        "polypod_findings_total": "What the checks found, by code and action.",
        "polypod_containers_total": "Containers looked at, by class.",
        "polypod_connections": "Open connections to the webhooks.",
        "polypod_certificate_expiry_timestamp_seconds": "When the serving certificate expires, in Unix time.",
        "polypod_certificate_reload_failures_total": "Attempts to load the serving certificate that failed.",
    ]
}
