public import KubernetesAPI
public import Metrics

/// The objects that ``CertificateManager`` manages, and the lifetimes of certificates.
public struct CertificateManagerConfiguration: Sendable {
    /// The namespace of the webhook's Service.
    public let serviceNamespace: String
    /// The name of the webhook's Service: only webhooks that call it get a caBundle.
    public let serviceName: String
    /// The Secret with the CA; by default `polypod-ca` in the Service's namespace.
    public var secret: ObjectPath
    /// The DNS names of the serving certificate; by default those of the Service.
    public var dnsNames: [String]
    /// The name of both the mutating and the validating webhook configuration.
    public var webhookConfigurationName = "polypod"
    /// The lifetime of a CA, 365 days by default; its successor is created after two thirds.
    public var caLifetime = Duration.seconds(365 * 86_400)
    /// The lifetime of a serving certificate, one day by default; it is replaced after two thirds.
    public var leafLifetime = Duration.seconds(86_400)
    /// The longest pause between two reads of the Secret and, on the leader, of the caBundles; at most one minute, 5
    /// seconds by default.
    public var pollInterval = Duration.seconds(5)
    /// The time for which every caBundle has to contain a new CA before that CA signs; 10 seconds by default.
    public var settle = Duration.seconds(10)

    /// Sets the defaults for a Service.
    ///
    /// - Parameters:
    ///   - serviceNamespace: The Service's namespace.
    ///   - serviceName: The Service's name.
    public init(serviceNamespace: String = "polypod-system", serviceName: String = "polypod-webhook") {
        self.serviceNamespace = serviceNamespace
        self.serviceName = serviceName
        secret = ObjectPath(.secrets, namespace: serviceNamespace, name: "polypod-ca")
        let host = "\(serviceName).\(serviceNamespace).svc"
        dnsNames = [host, "\(host).cluster.local"]
    }
}

extension Duration {
    /// Whole seconds, the unit of certificates.
    var wholeSeconds: Int { Int(components.seconds) }
}

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
