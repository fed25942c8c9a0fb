import ArgumentParser
import ClusterControllers
import ImageRegistry
import Logging
import Metrics
import Observability
import PodAdmission
import ServiceLifecycle
import ServingCertificates
import UnixSignals
import WebhookServer

/// The server's `main`: options to settings, settings to services, services into one group.
@main
struct PolypodWebhook: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "polypod-webhook",
        abstract: "The admission webhook that lets Wasm and ordinary containers share a Pod.",
        discussion: """
            Every option can also be given by the environment variable named behind it; the option wins. Files are \
            read at start; only the serving certificate is read again while the server runs. A bad option or file \
            ends the process with status 2.
            """,
        version: PolypodVersion.current
    )

    @OptionGroup var options: Options

    static func main() async {
        Allocator.limitArenas()
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as SettingsError {
            fail(error.description, status: 2)
        } catch  where exitCode(for: error) == .validationFailure {
            fail(fullMessage(for: error), status: 2)
        } catch  where exitCode(for: error).isSuccess {
            exit(withError: error)
        } catch {
            fail("\(error)", status: 1)
        }
    }

    func run() async throws {
        let settings = try Settings(options, environment: ProcessEnvironment.read())
        let registry = PrometheusRegistry(
            descriptions: Self.descriptions,
            collector: { ProcessSamples.read() }
        )
        MetricsSystem.bootstrap(registry)
        let level = settings.logLevel
        LoggingSystem.bootstrap { label in JSONLogHandler(label: label, level: level) }

        let inspector = try settings.inspector(logger: Logger(label: "polypod-registry"))
        var cluster: ClusterServices?
        if let clusterSettings = settings.cluster {
            cluster = ClusterServices(clusterSettings, base: settings.policies, inspector: inspector)
        }
        try await cluster?.prepare()
        try await serve(settings, cluster: cluster, inspector: inspector, metrics: registry)
    }

    /// Serves until the process is told to stop.
    private func serve(
        _ settings: Settings,
        cluster: ClusterServices?,
        inspector: ImageInspector,
        metrics: PrometheusRegistry
    ) async throws {
        let logger = Logger(label: "polypod-webhook")
        var configuration = settings.server
        if let certificate = cluster?.certificate { configuration.certificate = certificate }
        configuration.pathSegments = cluster?.pathSegments
        let notReadyReason: @Sendable () -> String? = { cluster?.notReadyReason }
        let server = try AdmissionServer(
            configuration: configuration,
            handler: AdmissionHandler(
                environment: cluster?.environment ?? AdmissionEnvironment(policies: settings.policies),
                images: cluster?.images ?? ImageResolver(inspector: inspector),
                logger: Logger(label: "polypod-admission")
            ),
            logger: logger,
            exposition: { Array(metrics.exposition().utf8) },
            notReadyReason: notReadyReason
        )
        let inner: [any Service] = (cluster?.servicesAround ?? []) + [InspectorService(inspector: inspector)]
        let services = [MemoryTrimmer()] + server.services(around: inner) + (cluster?.servicesBefore ?? [])
        var group = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        group.maximumGracefulShutdownDuration = server.longestShutdown
        group.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: group).run()
    }

    /// What each metric is, for the `HELP` lines of the exposition.
    private static var descriptions: [String: String] {
        [
            ServerMetrics.descriptions, CertificateMetrics.descriptions, PolicyMetrics.descriptions,
            EventMetrics.descriptions, ProbeMetrics.descriptions, FailurePolicyMetrics.descriptions,
            WarmingMetrics.descriptions,
        ].reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        StandardError.write(Array("polypod-webhook: \(message)\n".utf8))
        exit(withError: ExitCode(status))
    }
}
