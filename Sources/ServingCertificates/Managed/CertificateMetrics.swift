public import Metrics

/// The metrics of the CA; a leaf's end is the server's to tell.
public struct CertificateMetrics: Sendable {
    let authorityExpiry: Gauge
    let rotations: Counter
    let bundleWrites: Counter

    /// Creates the metrics.
    ///
    /// - Parameter factory: Who keeps them; the process's own where it is left out.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        authorityExpiry = Gauge(label: "polypod_ca_expiry_timestamp_seconds", dimensions: [], factory: factory)
        rotations = Counter(label: "polypod_ca_rotations_total", dimensions: [], factory: factory)
        bundleWrites = Counter(label: "polypod_cabundle_writes_total", dimensions: [], factory: factory)
    }

    /// What each metric is, for the `HELP` lines of an exposition.
    public static let descriptions: [String: String] = [
        "polypod_ca_expiry_timestamp_seconds": "When the CA that signs expires, in Unix time.",
        "polypod_ca_rotations_total": "How often this replica let a new CA sign in place of another.",
        "polypod_cabundle_writes_total": "How often this replica wrote a caBundle that was not right.",
    ]
}
