public import KubernetesAPI

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
