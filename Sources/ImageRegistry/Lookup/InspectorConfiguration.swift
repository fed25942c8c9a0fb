public import Logging
import PodAdmission

/// What an ``ImageInspector`` is made of.
///
/// Every field has a default that suits a webhook.
public struct InspectorConfiguration: Sendable {
    /// Mirrors, credentials and TLS settings of registries; default none.
    public var registries = RegistriesConfiguration()
    /// Credentials by image, as the kubelet has them; default none.
    public var credentials = DockerConfiguration()
    /// The clouds whose registries are read as whom the environment says this process is; default none.
    public var cloud: Set<CloudProvider> = []
    /// Whether the metadata server of GKE may be asked where ``CloudProvider/gar`` is on; default no.
    ///
    /// Its address is one that nothing else is ever let connect to.
    public var usesMetadataServer = false
    /// Where `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are read from, and what ``CloudProvider`` names; default empty, so
    /// that none is used.
    public var environment: [String: String] = [:]
    /// A PEM bundle of certificate authorities that is trusted beside the system's; default none.
    public var caFile: String?
    /// Hosts of token servers that may be given any registry's credentials, beside a registry's own host and Docker
    /// Hub's; default none.
    public var realmHosts: Set<String> = []
    /// Addresses that are refused beside link-local, loopback, multicast and metadata ones, such as the cluster's
    /// service range; default none.
    public var refusedNetworks: [AddressRange] = []
    /// How long the answer for a tag counts as new; default 60 s.
    ///
    /// Answers for digests stay new for good.
    public var tagLifetime: Duration = .seconds(60)
    /// How long a failure is not tried again; default 10 s.
    public var failureLifetime: Duration = .seconds(10)
    /// How old an answer may be that is served while its registry fails; default 24 h.
    public var staleLifetime: Duration = .seconds(24 * 3600)
    /// How long one look-up may take, however many admissions wait for it; default 10 s.
    public var lookupTimeout: Duration = .seconds(10)
    /// How long a connection may take to be there; default 3 s.
    public var connectTimeout: Duration = .seconds(3)
    /// How many answers are kept; default 20,000.
    public var cacheEntries = 20_000
    /// How much memory the answers may take, in bytes, by estimate; default 32 MiB.
    public var cacheBytes = 32 << 20
    /// How many look-ups ask one registry at once; default 8.
    public var lookupsPerRegistry = 8
    /// How many look-ups wait for their turn at one registry, beyond which they are refused; default 256.
    public var queuePerRegistry = 256
    /// How many look-ups one call has under way at once; default 64.
    public var lookupsPerAdmission = 64
    /// How many look-ups are under way at once in all; default 1,024.
    public var lookups = 1024
    /// How many outages in a row make the client leave a registry alone; default 5.
    public var outagesBeforePause = 5
    /// How long it is left alone then; default 30 s.
    public var outagePause: Duration = .seconds(30)
    /// Where look-ups that failed are told, at debug level; default none.
    public var logger = Logger(label: "polypod.registry", factory: { _ in SwiftLogNoOpLogHandler() })

    /// The time, for lifetimes; tests turn it.
    var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    /// Who turns names into addresses; tests have one of their own.
    var resolver: any HostResolver = SystemResolver()
    /// How clouds are asked; tests have clouds of their own.
    var cloudSettings = CloudSettings()

    /// Creates a configuration of defaults.
    public init() {}
}

extension InspectorConfiguration {
    /// How requests reach registries.
    ///
    /// - Throws: ``SetupError`` for a file or a proxy variable that cannot be used.
    func transport() throws(SetupError) -> Transport {
        Transport(
            tls: try TLSSettings(registries: registries, caFile: caFile),
            proxies: try ProxySettings(environment: environment),
            guarding: AddressGuard(resolver: resolver, now: now),
            refused: refusedNetworks,
            connectTimeout: connectTimeout
        )
    }

    /// How one image is looked up.
    ///
    /// - Throws: ``SetupError`` where the environment does not say whom a cloud knows this process as.
    func lookup(transport: Transport, answers: AnswerStore) throws(SetupError) -> ImageLookup {
        let authorizer = Authorizer(
            transport: transport,
            cache: TokenCache(),
            realms: TokenServerPolicy(allowedHosts: realmHosts),
            registries: registries,
            now: now
        )
        var cloudSettings = cloudSettings
        cloudSettings.usesMetadataServer = usesMetadataServer
        cloudSettings.now = now
        cloudSettings.logger = logger
        let limits = RegistryGate.Limits(
            active: lookupsPerRegistry,
            waiting: queuePerRegistry,
            outages: outagesBeforePause,
            pause: outagePause
        )
        return ImageLookup(
            registries: registries,
            credentials: credentials,
            cloud: try CloudCredentials(cloud, environment: environment, transport: transport, settings: cloudSettings),
            client: RegistryClient(transport: transport, authorizer: authorizer, registries: registries),
            gates: RegistryGates(limits: limits, now: now),
            answers: answers,
            timeout: lookupTimeout
        )
    }

    /// An empty cache of answers.
    var answerCache: AnswerCache {
        AnswerCache(
            entries: cacheEntries,
            bytes: cacheBytes,
            lifetimes: AnswerCache.Lifetimes(tag: tagLifetime, failure: failureLifetime, stale: staleLifetime)
        )
    }
}

/// Why an ``ImageInspector`` cannot be made of its configuration.
public struct SetupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bounded set of reasons.
    public enum Code: String, Sendable {
        /// A file of certificates or a key cannot be read or does not hold what it should.
        case badFile = "bad-file"
        /// A proxy variable does not hold a URL of a kind that is supported.
        case badProxy = "bad-proxy"
        /// The environment does not say whom a cloud knows this process as.
        case badCloud = "bad-cloud"
    }

    /// Which reason it is.
    public var code: Code
    /// Which file or variable it is and what was expected; never a secret.
    public var detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// A text for people; it never shows a secret.
    public var description: String { detail }
}
