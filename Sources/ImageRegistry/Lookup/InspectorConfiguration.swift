public import Logging
import PodAdmission

/// The settings of an ``ImageInspector``; the defaults are for a webhook.
public struct InspectorConfiguration: Sendable {
    /// Mirrors, credentials and TLS settings of registries; default: none.
    public var registries = RegistriesConfiguration()
    /// Credentials by image, matched as the kubelet matches them; default: none.
    public var credentials = DockerConfiguration()
    /// The clouds to authenticate to with the workload identity of the process; default: none.
    public var cloud: Set<CloudProvider> = []
    /// Whether ``CloudProvider/gar`` may ask the metadata server of GKE; default: false.
    ///
    /// No other request may connect to the address of the metadata server.
    public var usesMetadataServer = false
    /// The variables `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY` and those of ``CloudProvider``; default: empty.
    public var environment: [String: String] = [:]
    /// Hosts of token servers that may receive the credentials of any registry; default: none.
    ///
    /// The host of the registry itself and the known token servers, such as Docker Hub's, are always allowed.
    public var realmHosts: Set<String> = []
    /// The networks in which the image of a Pod must not name a registry; default: none.
    public var refusedNetworks = RefusedNetworks()
    /// How long the answer for a tag is fresh; default: 60 s.
    ///
    /// Answers for digests are always fresh.
    public var tagLifetime: Duration = .seconds(60)
    /// How long to wait after a failure before the image is looked up again; default: 10 s.
    public var failureLifetime: Duration = .seconds(10)
    /// How old an answer may be that is served while its registry fails; default: 24 h.
    public var staleLifetime: Duration = .seconds(24 * 3600)
    /// The time limit for one look-up; default: 10 s.
    ///
    /// It does not depend on the deadlines of the admissions that wait for the look-up.
    public var lookupTimeout: Duration = .seconds(10)
    /// The time limit for opening a connection; default: 3 s.
    public var connectTimeout: Duration = .seconds(3)
    /// The largest number of cached answers; default: 20,000.
    public var cacheEntries = 20_000
    /// The estimated memory limit for cached answers, in bytes; default: 32 MiB.
    public var cacheBytes = 32 << 20
    /// The number of look-ups at one registry at once; default: 8.
    public var lookupsPerRegistry = 8
    /// The number of look-ups that can wait for one registry; more fail with `overloaded`; default: 256.
    public var queuePerRegistry = 256
    /// The number of look-ups of one call at once; default: 64.
    public var lookupsPerAdmission = 64
    /// The number of look-ups of all calls at once; default: 1,024.
    public var lookups = 1024
    /// The number of look-ups for the Pods of one namespace at once; default: 256.
    public var lookupsPerNamespace = 256
    /// The limit on the bodies of all responses together, in bytes, without the first 32 KiB of each; default: 24 MiB.
    public var bodyBytes = 24 << 20
    /// The number of outages in a row after which the client pauses requests; default: 5.
    ///
    /// Failures to connect count for the registry, server errors and missing responses for the repository alone.
    public var outagesBeforePause = 5
    /// The length of that pause; default: 30 s.
    public var outagePause: Duration = .seconds(30)
    /// Gets a debug message for each failed look-up, and a warning if a cloud returns no credential; default: no logs.
    public var logger = Logger(label: "polypod.registry", factory: { _ in SwiftLogNoOpLogHandler() })

    /// The clock for lifetimes; tests set it.
    var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    /// Resolves host names; tests replace it.
    var resolver: any HostResolver = SystemResolver()
    /// The settings for clouds; tests replace the clouds.
    var cloudSettings = CloudSettings()

    /// The default settings.
    public init() {}

    /// Creates the transport for all requests.
    ///
    /// - Throws: ``SetupError`` for a file or a proxy variable that cannot be used.
    func transport() throws(SetupError) -> Transport {
        Transport(
            tls: try TLSSettings(registries: registries),
            proxies: try ProxySettings(environment: environment),
            addressGuard: AddressGuard(resolver: resolver, now: now),
            networks: refusedNetworks,
            connectTimeout: connectTimeout,
            budget: BodyBudget(limit: bodyBytes)
        )
    }

    /// Creates the look-up with its credentials and limits.
    ///
    /// - Throws: ``SetupError`` if a setting of a cloud is missing or not valid.
    func lookup(transport: Transport, answers: AnswerStore) throws(SetupError) -> ImageLookup {
        let authorizer = Authorizer(
            transport: transport,
            tokenServers: TokenServerPolicy(allowedHosts: realmHosts),
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
            circuit: RegistryCircuit.Limits(outages: outagesBeforePause, pause: outagePause)
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

/// An error in the settings of an ``ImageInspector``.
public struct SetupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of errors.
    public enum Code: String, Sendable {
        /// A file of certificates, a key or a cloud configuration cannot be read or is not valid.
        case badFile = "bad-file"
        /// A proxy variable does not contain a supported URL.
        case badProxy = "bad-proxy"
        /// A variable with the identity for a cloud is missing or not valid.
        case badCloud = "bad-cloud"
    }

    /// The kind of the error.
    public var code: Code
    /// The file or variable and the expected content; it never contains a secret.
    public var detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// The same as ``detail``.
    public var description: String { detail }
}
