public import Basics
import HummingbirdCore
import HummingbirdTLS
public import Logging
import Metrics
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// The webhooks over TLS, with health and metrics beside them: a service made of services.
public struct AdmissionServer: Service {
    private let configuration: AdmissionServerConfiguration
    private let logger: Logger
    private let server: any Service
    private let opsServer: (any Service)?
    private let certificate: ServingCertificate
    private let drain: Drain
    private let port: Promise<Int>
    private let opsPort: Promise<Int>

    /// Creates a server; nothing listens before it runs.
    ///
    /// - Parameters:
    ///   - configuration: How it listens and how it ends.
    ///   - handler: Who answers the reviews.
    ///   - logger: Gets what concerns the server itself.
    ///   - metrics: The metrics of connections and certificates.
    ///   - exposition: What `/metrics` answers, in the text format of Prometheus.
    ///   - obstacle: Why the server should not be sent requests yet, for reasons outside of it; nil for none.
    ///   - unixTime: The clock that the certificate's expiry is compared with, in seconds.
    /// - Throws: ``ServerConfigurationError`` where a certificate or key cannot be loaded.
    public init(
        configuration: AdmissionServerConfiguration,
        handler: AdmissionHandler,
        logger: Logger,
        metrics: ServerMetrics = ServerMetrics(),
        exposition: @escaping @Sendable () -> [UInt8] = { [] },
        notReadyReason: @escaping @Sendable () -> String? = { nil },
        unixTime: @escaping @Sendable () -> Int = UnixTime.seconds
    ) throws(ServerConfigurationError) {
        self.configuration = configuration
        self.logger = logger
        let readiness = Readiness(unixTime: unixTime, others: notReadyReason)
        let load = ServerLoad(limits: configuration.limits)
        let port = Promise<Int>()
        let opsPort = Promise<Int>()
        self.port = port
        self.opsPort = opsPort
        certificate = try ServingCertificate(configuration, readiness: readiness, metrics: metrics, logger: logger)
        drain = Drain(readiness: readiness, load: load, delay: configuration.shutdownDelay, logger: logger)
        let responder = WebhookResponder(handler: handler, load: load, limits: configuration.limits)
        do {
            server = try ServerChannel.server(
                configuration.listen,
                limits: configuration.limits,
                tls: certificate.tls,
                load: load,
                logger: logger,
                onCount: { metrics.connections.record($0) },
                onRefusal: { responder.count($0, target: $1) },
                onBound: {
                    readiness.startListening()
                    port.fulfill($0)
                },
                responder: { try await responder.respond(to: $0) }
            )
            let ops = OpsResponder(readiness: readiness, exposition: exposition)
            var opsLimits = ServerLimits()
            opsLimits.bodyBytes = 1 << 10
            opsLimits.connections = 128
            opsLimits.surplusConnections = 32
            // The kubelet opens a connection for every probe; who keeps one idle must not keep it from that.
            opsLimits.headTimeout = .seconds(2)
            opsLimits.keepAliveTimeout = .seconds(5)
            opsServer = try configuration.opsListen.map { address in
                try ServerChannel.server(
                    address,
                    limits: opsLimits,
                    tls: nil,
                    load: ServerLoad(limits: opsLimits),
                    logger: logger,
                    onBound: { opsPort.fulfill($0) },
                    responder: { ops.respond(to: $0) }
                )
            }
        } catch {
            throw ServerConfigurationError(subject: "TLS", reason: "\(error)")
        }
    }

    /// The server's parts, for a ServiceGroup that shuts down from the last to the first.
    ///
    /// - Parameter inner: Services that the webhooks need for as long as they answer, such as the image look-up.
    public func services(around inner: [any Service] = []) -> [any Service] {
        (opsServer.map { [$0] } ?? []) + [certificate.reloader] + inner + [server, drain]
    }

    /// Runs until the task is cancelled or its group shuts down.
    public func run() async throws {
        var group = ServiceGroupConfiguration(services: services(), logger: logger)
        group.maximumGracefulShutdownDuration = longestShutdown
        group.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: group).run()
    }

    /// The longest a shutdown may take, for the configuration of a ServiceGroup.
    public var longestShutdown: Duration { configuration.shutdownDelay + configuration.shutdownTimeout }

    /// The port of the webhooks, once it is bound; throws `CancellationError` where the task is cancelled before.
    public func boundPort() async throws -> Int { try await Self.number(port) }

    /// The port of health and metrics, once it is bound; waits for good where there is none.
    public func boundOpsPort() async throws -> Int { try await Self.number(opsPort) }

    private static func number(_ port: Promise<Int>) async throws -> Int {
        guard let number = await port.value() else { throw CancellationError() }
        return number
    }
}
