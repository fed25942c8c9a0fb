public import Metrics

/// The metrics of connections and certificates.
public struct ServerMetrics: Sendable {
    let connections: Gauge
    let evictions: Counter
    let certificateExpiry: Gauge
    let certificateReloadFailures: Counter

    /// Creates the handles in `factory`, by default the factory of the process.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        connections = Gauge(label: "polypod_connections", dimensions: [], factory: factory)
        evictions = Counter(label: "polypod_connections_evicted_total", dimensions: [], factory: factory)
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

    /// The `HELP` texts of the metrics of this target, by name.
    public static let descriptions: [String: String] = [
        "polypod_admission_requests_total": "Requests to the webhooks, by stage, kind and result.",
        "polypod_admission_duration_seconds": "Time from the arrival of a review to its response.",
        "polypod_findings_total": "Findings of the checks, by code and action.",
        "polypod_containers_total": "Containers that were checked, by class.",
        "polypod_connections": "Open connections to the webhooks.",
        "polypod_connections_evicted_total": "Silent connections that had to make room for others.",
        "polypod_certificate_expiry_timestamp_seconds": "The expiry of the serving certificate, in Unix time.",
        "polypod_certificate_reload_failures_total": "Failed attempts to load the serving certificate.",
    ]
}
