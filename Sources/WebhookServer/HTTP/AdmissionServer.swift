public import Basics
public import Logging
public import ServiceLifecycle

/// The webhooks over HTTPS, and health and metrics over HTTP; it consists of several services.
public struct AdmissionServer: Service {
    private let configuration: AdmissionServerConfiguration
    private let logger: Logger
    private let server: any Service
    private let opsServer: (any Service)?
    private let certificate: ServingCertificate
    private let drain: Drain
    private let port: Promise<Int>
    private let opsPort: Promise<Int>

    /// Creates a server, which listens once it runs.
    ///
    /// - Parameters:
    ///   - configuration: The addresses, the certificate, the limits and the times of the shutdown.
    ///   - handler: Answers the reviews.
    ///   - logger: The logger for the server itself.
    ///   - metrics: The metrics of connections and certificates.
    ///   - exposition: Returns the body of `/metrics`, in the text format of Prometheus.
    ///   - notReadyReason: Returns a reason outside the server why it is not ready for requests; nil if there is none.
    ///   - unixTime: Returns the time in seconds, to compare with the expiry of the certificate.
    /// - Throws: ``SettingsError`` if a certificate or key cannot be loaded.
    public init(
        configuration: AdmissionServerConfiguration,
        handler: AdmissionHandler,
        logger: Logger,
        metrics: ServerMetrics = ServerMetrics(),
        exposition: @escaping @Sendable () -> [UInt8] = { [] },
        notReadyReason: @escaping @Sendable () -> String? = { nil },
        unixTime: @escaping @Sendable () -> Int = UnixTime.seconds
    ) throws(SettingsError) {
        self.configuration = configuration
        self.logger = logger
        let readiness = Readiness(unixTime: unixTime, others: notReadyReason)
        let load = ServerLoad(limits: configuration.limits, gauge: metrics.connections, evictions: metrics.evictions)
        let port = Promise<Int>()
        let opsPort = Promise<Int>()
        self.port = port
        self.opsPort = opsPort
        certificate = try ServingCertificate(configuration, readiness: readiness, metrics: metrics, logger: logger)
        drain = Drain(readiness: readiness, load: load, delay: configuration.shutdownDelay, logger: logger)
        let responder = WebhookResponder(
            handler: handler,
            load: load,
            limits: configuration.limits,
            segments: configuration.pathSegments
        )
        let webhooks = ConnectionChannel(limits: configuration.limits, load: load, metrics: handler.metrics) {
            try await responder.respond(to: $0, arrival: $1)
        }
        let opsResponder = OpsResponder(readiness: readiness, exposition: exposition)
        let ops = ConnectionChannel(limits: .ops, load: ServerLoad(limits: .ops), metrics: nil) { request, _ in
            opsResponder.respond(to: request)
        }
        do {
            server = try webhooks.server(at: configuration.listen, tls: certificate.tls, logger: logger) {
                readiness.startListening()
                port.fulfill($0)
            }
            opsServer = try configuration.opsListen.map { address in
                try ops.server(at: address, tls: nil, logger: logger) { opsPort.fulfill($0) }
            }
        } catch {
            throw SettingsError(subject: "TLS", reason: "\(error)")
        }
    }

    /// The services of the server in the order for a service group, which shuts them down from the last to the first.
    ///
    /// - Parameter inner: The services that the webhooks need as long as they serve, such as the image inspector.
    /// - Returns: The server's services with `inner` among them.
    public func services(around inner: [any Service] = []) -> [any Service] {
        (opsServer.map { [$0] } ?? []) + [certificate.reloader] + inner + [server, drain]
    }

    /// Runs the services until the task is cancelled or the service group shuts down.
    ///
    /// - Throws: The error of a service that fails, for example if an address cannot be bound.
    public func run() async throws {
        var group = ServiceGroupConfiguration(services: services(), logger: logger)
        group.maximumGracefulShutdownDuration = longestShutdown
        group.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: group).run()
    }

    /// The longest that a shutdown can take, for the configuration of a service group.
    public var longestShutdown: Duration { configuration.shutdownDelay + configuration.shutdownTimeout }

    /// Waits until the webhooks' port is bound.
    ///
    /// - Returns: The port.
    /// - Throws: `CancellationError` if the task is cancelled before.
    public func boundPort() async throws -> Int { try await Self.number(port) }

    /// Waits until the port of health and metrics is bound; it does not return if there is no such port.
    ///
    /// - Returns: The port.
    /// - Throws: `CancellationError` if the task is cancelled before.
    public func boundOpsPort() async throws -> Int { try await Self.number(opsPort) }

    private static func number(_ port: Promise<Int>) async throws -> Int {
        guard let number = await port.value() else { throw CancellationError() }
        return number
    }
}

extension ServerLimits {
    /// The limits of the server for health and metrics.
    fileprivate static var ops: ServerLimits {
        var limits = ServerLimits()
        limits.bodyBytes = 1 << 10
        limits.connections = 128
        limits.surplusConnections = 32
        // The kubelet opens a connection for every probe, so connections that are idle must not use all places.
        limits.headTimeout = .seconds(2)
        limits.keepAliveTimeout = .seconds(5)
        return limits
    }
}

/// The service that shuts down first: it makes the server not ready and delays the shutdown of the other services.
///
/// Kubernetes sends SIGTERM and removes the endpoint at the same time, and kube-proxy and the API server learn of the
/// removal a little later. Until then the server still serves requests, each with `Connection: close`.
struct Drain: Service {
    /// Becomes not ready.
    let readiness: Readiness
    /// Ends the connections after their responses.
    let load: ServerLoad
    /// The time that the other services continue.
    let delay: Duration
    /// Gets one line when the shutdown begins.
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        readiness.startDraining()
        load.startDraining()
        guard !Task.isCancelled, delay > .zero else { return }
        logger.info("shutting down", metadata: ["delay": "\(delay)"])
        try? await Task.sleep(for: delay)
    }
}
