import ArgumentParser

/// The options as they are written; ``Settings`` gives them meaning, together with the environment.
struct Options: ParsableArguments {
    @Option(help: "The serving certificate and its chain, PEM; read again when it changes. [POLYPOD_TLS_CERT]")
    var tlsCert: String?

    @Option(help: "The certificate's key, PEM. [POLYPOD_TLS_KEY]")
    var tlsKey: String?

    @Option(
        help:
            "The cluster to ask: in-cluster, a kubeconfig in JSON, or none. [POLYPOD_KUBERNETES, default none]"
    )
    var kubernetes: String?

    @Flag(
        help:
            "Make the serving certificate and its CA, kept in a Secret, and publish the CA to the API server. [POLYPOD_MANAGED_CERTIFICATES]"
    )
    var managedCertificates = false

    @Option(
        help: "NAMESPACE/NAME of the webhooks' Service. [POLYPOD_SERVICE, default polypod-system/polypod-webhook]"
    )
    var service: String?

    @Flag(help: "Read the pull secrets that Pods name, for images in private registries. [POLYPOD_PULL_SECRETS]")
    var pullSecrets = false

    @Flag(help: "Write Events on the owners of Pods that are changed or refused. [POLYPOD_EVENTS]")
    var events = false

    @Flag(help: "See by dry runs whether the API server really asks the webhooks. [POLYPOD_SELF_PROOF]")
    var selfProof = false

    @Flag(
        help:
            "Set the validating webhook's failurePolicy by the self-proof: Fail after proofs, Ignore after failures. [POLYPOD_MANAGE_FAILURE_POLICY]"
    )
    var manageFailurePolicy = false

    @Flag(help: "Follow the workloads and look their images up ahead of their Pods. [POLYPOD_WARM_CACHE]")
    var warmCache = false

    @Option(help: "CAs, PEM, of which clients need a certificate; none where left out. [POLYPOD_CLIENT_CA]")
    var clientCa: String?

    @Option(help: "HOST:PORT of the webhooks. [POLYPOD_LISTEN, default 0.0.0.0:8443]")
    var listen: String?

    @Option(help: "HOST:PORT of health and metrics, or none. [POLYPOD_OPS_LISTEN, default 0.0.0.0:8080]")
    var opsListen: String?

    @Option(help: "The policies, JSON: one WasmPolicy, a list, or a List. [POLYPOD_POLICY]")
    var policy: String?

    @Option(help: "Mirrors, credentials and CAs of registries, JSON. [POLYPOD_REGISTRIES]")
    var registries: String?

    @Option(help: "Credentials in the format of Docker's config.json. [POLYPOD_DOCKER_CONFIG]")
    var dockerConfig: String?

    @Option(
        help:
            "Hosts, with commas between them, of token servers that may be given the credentials of any registry. [POLYPOD_TOKEN_HOSTS]"
    )
    var tokenHosts: String?

    @Option(
        help:
            "Clouds, with commas between them, whose registries are read with the identity that the environment gives: ecr, gar, acr. [POLYPOD_CLOUD_REGISTRIES, default none]"
    )
    var cloudRegistries: String?

    @Flag(
        help:
            "Ask GKE's metadata server for gar's credential where GOOGLE_APPLICATION_CREDENTIALS is not set. [POLYPOD_METADATA_SERVER]"
    )
    var metadataServer = false

    @Option(help: "How long to serve on after SIGTERM, such as 5s. [POLYPOD_SHUTDOWN_DELAY, default 5s]")
    var shutdownDelay: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical. [POLYPOD_LOG_LEVEL, default info]")
    var logLevel: String?

    @Option(help: "Connections that are served; further ones are told 503. [POLYPOD_MAX_CONNECTIONS, default 512]")
    var maxConnections: String?

    @Option(help: "Admissions decided at once; further ones are told 503. [POLYPOD_MAX_ADMISSIONS, default 512]")
    var maxAdmissions: String?

    @Option(help: "How long a tag's digest is believed, such as 60s. [POLYPOD_TAG_TTL, default 60s]")
    var tagTtl: String?
}
