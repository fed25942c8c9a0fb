import Basics
import Logging
public import PodAdmission
import Synchronization

/// Finds out from registries what images are, and keeps what it found.
///
/// Any number of callers may ask at once; each image is looked up once however many wait for it. The look-ups are done
/// by ``run()``, not by the callers, so that one whose deadline passes neither ends a look-up that others wait for nor
/// loses its result: it is there for the next.
public final class ImageInspector: ImageInspecting, Sendable {
    /// A look-up that is under way.
    struct Flight: Sendable {
        let subject: ImageLookup.Subject
        let landing = Promise<Landing>()
        let trace = LookupTrace()
    }

    /// How a look-up ended.
    struct Landing: Sendable {
        var answer: ImageAnswer
        var trace: LookupTrace.Summary
    }

    struct State {
        var cache: AnswerCache
        var flights: [AnswerKey: Flight] = [:]
        var isStopped = false
    }

    let configuration: InspectorConfiguration
    let transport: Transport
    let lookup: ImageLookup
    let metrics = LookupMetrics()
    let state: Mutex<State>
    let jobs: AsyncStream<Flight>
    let queue: AsyncStream<Flight>.Continuation

    /// Creates an inspector.
    ///
    /// It reads the files that the configuration names and opens no connection.
    ///
    /// - Throws: ``SetupError`` for a file that cannot be used, or a proxy variable that is no proxy.
    public init(_ configuration: InspectorConfiguration = InspectorConfiguration()) throws(SetupError) {
        let registries = configuration.registries
        let now = configuration.now
        transport = Transport(
            tls: try TLSSettings(registries: registries, caFile: configuration.caFile),
            proxies: try ProxySettings(environment: configuration.environment),
            guarding: AddressGuard(resolver: configuration.resolver, now: now),
            refused: configuration.refusedNetworks,
            connectTimeout: configuration.connectTimeout
        )
        let authorizer = Authorizer(
            transport: transport,
            cache: TokenCache(),
            realms: TokenServerPolicy(allowedHosts: configuration.realmHosts),
            registries: registries,
            now: now
        )
        var cloudSettings = configuration.cloudSettings
        cloudSettings.usesMetadataServer = configuration.usesMetadataServer
        cloudSettings.now = now
        cloudSettings.logger = configuration.logger
        let cloud = try CloudCredentials(
            configuration.cloud,
            environment: configuration.environment,
            transport: transport,
            settings: cloudSettings
        )
        // All that is needed of it has been read, and the rest may be secret.
        var configuration = configuration
        configuration.environment = [:]
        self.configuration = configuration
        let limits = RegistryGate.Limits(
            active: configuration.lookupsPerRegistry,
            waiting: configuration.queuePerRegistry,
            outages: configuration.outagesBeforePause,
            pause: configuration.outagePause
        )
        lookup = ImageLookup(
            registries: registries,
            credentials: configuration.credentials,
            cloud: cloud,
            client: RegistryClient(transport: transport, authorizer: authorizer, registries: registries),
            gates: RegistryGates(limits: limits, now: now),
            timeout: configuration.lookupTimeout
        )
        let lifetimes = AnswerCache.Lifetimes(
            tag: configuration.tagLifetime,
            failure: configuration.failureLifetime,
            stale: configuration.staleLifetime
        )
        state = Mutex(
            State(
                cache: AnswerCache(
                    entries: configuration.cacheEntries,
                    bytes: configuration.cacheBytes,
                    lifetimes: lifetimes
                )
            )
        )
        // Bounded by the number of flights, which are counted before they get here.
        (jobs, queue) = AsyncStream.makeStream(of: Flight.self)
    }

    /// Finds out about images, side by side, as ``ImageInspecting`` describes.
    public func answers(
        for images: [String],
        credentials: PullCredentials,
        deadline: ContinuousClock.Instant
    ) async -> [String: ImageAnswer] {
        var answers: [String: ImageAnswer] = [:]
        for report in await reports(on: images, credentials: credentials, deadline: deadline) {
            answers[report.image] = report.answer
        }
        return answers
    }

    /// As ``answers(for:credentials:deadline:)``, with what each answer took.
    ///
    /// - Returns: One report for every distinct text of `images`, in the order of their first appearance.
    public func reports(
        on images: [String],
        credentials: PullCredentials = PullCredentials(),
        deadline: ContinuousClock.Instant
    ) async -> [ImageReport] {
        var call = InspectorCall(images: images, credentials: credentials, inspector: self, deadline: deadline)
        await call.complete()
        call.noteUnread()
        for report in call.reports { metrics.record(report) }
        return call.reports
    }

    /// Runs an inspector around `body`, for callers that have no services to run.
    public static func withInspector<Result: Sendable>(
        _ configuration: InspectorConfiguration = InspectorConfiguration(),
        _ body: (ImageInspector) async throws -> Result
    ) async throws -> Result {
        let inspector = try ImageInspector(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await inspector.run() }
            defer { inspector.stop() }
            return try await body(inspector)
        }
    }
}
