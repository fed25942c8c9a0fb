import Basics
import ImageRegistry
import JSON
import Logging
import PodAdmission
import ServiceLifecycle
import WebhookServer

/// The settings of the process: options, environment and configuration files, checked.
struct Settings {
    /// The configuration of the HTTPS server.
    private(set) var server: AdmissionServerConfiguration
    /// The policies of `--policy`.
    private(set) var policies = PolicySet()
    /// The lowest level that is logged.
    private(set) var logLevel = Logger.Level.info
    /// The settings of the cluster; nil for a server that uses none.
    let cluster: ClusterSettings?
    private let registries: JSONFile?
    private let dockerConfig: JSONFile?
    private var tokenHosts: Set<String> = []
    private var refusedNetworks = RefusedNetworks()
    private var clouds: Set<CloudProvider> = []
    private let usesMetadataServer: Bool
    private var tagLifetime = Duration.seconds(60)
    private let environment: [String: String]

    /// Reads the options, the environment and the configuration files.
    ///
    /// - Parameters:
    ///   - options: The options of the command line, which win.
    ///   - environment: The environment of the process; an empty variable counts as not set.
    /// - Throws: ``SettingsError`` for the first option, variable or file that is not valid.
    init(_ options: Options, environment: [String: String]) throws(SettingsError) {
        let source = OptionSource(environment: environment)
        self.environment = environment
        cluster = try ClusterSettings(options, source: source, environment: environment)
        registries = try source.text(options.registries, .registries).map { given throws(SettingsError) in
            try JSONFile(given.text, converter: "polypod config registries")
        }
        dockerConfig = try source.text(options.dockerConfig, .dockerConfig).map { given throws(SettingsError) in
            try JSONFile(given.text, converter: nil)
        }
        usesMetadataServer = try source.flag(options.metadataServer, .metadataServer)
        // Managed certificates replace the empty ones as soon as the cluster's Secret is read.
        server = AdmissionServerConfiguration(certificate: .memory(certificate: "", key: ""))
        if cluster?.managesCertificates != true {
            server.certificate = .files(
                certificate: try source.required(options.tlsCert, .tlsCert),
                key: try source.required(options.tlsKey, .tlsKey)
            )
        }
        server.clientCAFile = source.text(options.clientCa, .clientCa)?.text
        try source.read(options.listen, .listen, as: "HOST:PORT", ListenAddress.init) { server.listen = $0 }
        if source.text(options.opsListen, .opsListen)?.text == "none" {
            server.opsListen = nil
        } else {
            try source.read(options.opsListen, .opsListen, as: "HOST:PORT or none", ListenAddress.init) {
                server.opsListen = $0
            }
        }
        let hosts = { (text: String) in Set(text.split(separator: ",").map { $0.lowercased() }) }
        try source.read(options.tokenHosts, .tokenHosts, as: "hosts", hosts) { tokenHosts = $0 }
        refusedNetworks = try Self.refusedNetworks(options, source)
        let clouds = { (text: String) -> Set<CloudProvider>? in
            let names = text.split(separator: ",")
            let known = names.compactMap { CloudProvider(rawValue: String($0)) }
            return known.count == names.count ? Set(known) : nil
        }
        try source.read(options.cloudRegistries, .cloudRegistries, as: "ecr, gar or acr", clouds) { self.clouds = $0 }
        let duration = { (text: String) in GoDuration.parse(text[...]) }
        try source.read(options.shutdownDelay, .shutdownDelay, as: "a duration such as 5s", duration) {
            server.shutdownDelay = $0
        }
        try source.read(options.tagTtl, .tagTtl, as: "a duration such as 60s", duration) { tagLifetime = $0 }
        try source.read(options.logLevel, .logLevel, as: "a level", Logger.Level.init(rawValue:)) { logLevel = $0 }
        let count = { (text: String) in Int(text).flatMap { (1...100_000).contains($0) ? $0 : nil } }
        try source.read(options.maxConnections, .maxConnections, as: "a number from 1 to 100000", count) {
            server.limits.connections = $0
        }
        try source.read(options.maxAdmissions, .maxAdmissions, as: "a number from 1 to 100000", count) {
            server.limits.admissions = $0
        }
        if let file = source.text(options.policy, .policy)?.text {
            let hasCluster = cluster != nil
            policies = try JSONFile(file, converter: "polypod config policy").decode { value throws(FieldError) in
                let policies = try PolicySet(reading: value)
                if !hasCluster { try policies.requireNamespaceNames() }
                return policies
            }
        }
    }

    private static func refusedNetworks(
        _ options: Options,
        _ source: OptionSource
    ) throws(SettingsError) -> RefusedNetworks {
        let expected = "ranges such as 10.0.0.0/8, or private, separated by commas"
        var (refused, allowed) = ("", "")
        let text = { (text: String) in RefusedNetworks(refused: text).map { _ in text } }
        try source.read(options.refusedNetworks, .refusedNetworks, as: expected, text) { refused = $0 }
        try source.read(options.allowedNetworks, .allowedNetworks, as: expected, text) { allowed = $0 }
        return RefusedNetworks(refused: refused, allowed: allowed) ?? RefusedNetworks()
    }

    /// Creates the image inspector with the registries, credentials and clouds of the settings.
    ///
    /// - Throws: ``SettingsError`` for a configuration file that is not valid.
    func inspector(logger: Logger) throws(SettingsError) -> ImageInspector {
        var configuration = InspectorConfiguration()
        configuration.environment = environment
        configuration.tagLifetime = tagLifetime
        configuration.realmHosts = tokenHosts
        configuration.refusedNetworks = refusedNetworks
        configuration.cloud = clouds
        configuration.usesMetadataServer = usesMetadataServer
        configuration.logger = logger
        if let registries {
            configuration.registries = try registries.decode { value throws(FieldError) in
                try RegistriesConfiguration(value)
            }
        }
        if let dockerConfig {
            configuration.credentials = try dockerConfig.decode { value throws(FieldError) in
                try DockerConfiguration(value)
            }
        }
        do throws(SetupError) { return try ImageInspector(configuration) } catch {
            throw SettingsError(subject: registries?.path ?? "registries", reason: error.description)
        }
    }
}

/// Runs the image inspector until the service group shuts down.
struct InspectorService: Service {
    /// The inspector, which stops when the shutdown begins.
    let inspector: ImageInspector

    func run() async throws {
        await withGracefulShutdownHandler {
            await inspector.run()
        } onGracefulShutdown: {
            inspector.stop()
        }
    }
}
