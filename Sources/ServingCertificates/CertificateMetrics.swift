public import Metrics

/// The metrics of the CA; the server has the metric of the serving certificate's expiry.
public struct CertificateMetrics: Sendable {
    let authorityExpiry: Gauge
    let rotations: Counter
    let bundleWrites: Counter

    /// Registers the metrics.
    ///
    /// - Parameter factory: The metrics backend; by default that of the process.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        authorityExpiry = Gauge(label: "polypod_ca_expiry_timestamp_seconds", dimensions: [], factory: factory)
        rotations = Counter(label: "polypod_ca_rotations_total", dimensions: [], factory: factory)
        bundleWrites = Counter(label: "polypod_cabundle_writes_total", dimensions: [], factory: factory)
    }

    /// The text of each metric's `HELP` line.
    public static let descriptions: [String: String] = [
        "polypod_ca_expiry_timestamp_seconds": "When the signing CA expires, in Unix time.",
        "polypod_ca_rotations_total": "How often this replica replaced the signing CA with its successor.",
        "polypod_cabundle_writes_total": "How often this replica wrote a caBundle that was missing or wrong.",
    ]
}
