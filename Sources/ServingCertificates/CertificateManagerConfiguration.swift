public import KubernetesAPI
public import Metrics

/// What ``CertificateManager`` looks after, and how long things last.
public struct CertificateManagerConfiguration: Sendable {
    /// The namespace of the webhook's Service.
    public let serviceNamespace: String
    /// The name of the webhook's Service: only webhooks that call it get a caBundle.
    public let serviceName: String
    /// Where the CA is kept.
    public var secret: ObjectPath
    /// What the API server, and whoever else, may call the server.
    public var dnsNames: [String]
    /// The name of the mutating and of the validating webhook configuration.
    public var webhookConfigurationName = "polypod"
    /// How long a CA is good for; its successor comes after two thirds.
    public var caLifetime = Duration.seconds(365 * 86_400)
    /// How long a serving certificate is good for; it is replaced after two thirds.
    public var leafLifetime = Duration.seconds(86_400)
    /// How often the Secret, and by the leader the caBundles, are looked at; never less often than once a minute.
    public var pollInterval = Duration.seconds(5)
    /// How long every caBundle has to hold a new CA before it signs.
    public var settle = Duration.seconds(10)

    /// The defaults for the Service `serviceName` in `serviceNamespace`, and the Secret `polypod-ca` beside it.
    public init(serviceNamespace: String = "polypod-system", serviceName: String = "polypod-webhook") {
        self.serviceNamespace = serviceNamespace
        self.serviceName = serviceName
        secret = ObjectPath(.secrets, namespace: serviceNamespace, name: "polypod-ca")
        let host = "\(serviceName).\(serviceNamespace).svc"
        dnsNames = [host, "\(host).cluster.local"]
    }
}

extension Duration {
    /// Whole seconds, as certificates count.
    var wholeSeconds: Int { Int(components.seconds) }
}

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
