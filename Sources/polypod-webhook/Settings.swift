import Basics
import ImageRegistry
import JSON
import Logging
import PodAdmission
import WebhookServer

/// Why the process cannot start as it was asked to: the option or file, and what is wrong with it.
struct SettingsError: Error, CustomStringConvertible {
    let subject: String
    let reason: String

    var description: String { "\(subject): \(reason)" }
}

/// A configuration file that was read but not yet understood.
struct Document {
    let file: String
    let value: JSONValue
}

/// What the options and the environment say, checked.
struct Settings {
    var server: AdmissionServerConfiguration
    var policies = PolicySet()
    var registries: Document?
    var dockerConfig: Document?
    var tokenHosts: Set<String> = []
    var clouds: Set<CloudProvider> = []
    var usesMetadataServer = false
    var logLevel = Logger.Level.info
    var tagLifetime = Duration.seconds(60)
    var environment: [String: String]
    var cluster: ClusterSettings?

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - options: The command line's; they win.
    ///   - environment: The process's; an empty variable is as good as none.
    init(_ options: Options, environment: [String: String]) throws(SettingsError) {
        let sources = OptionSource(environment: environment)
        self.environment = environment
        cluster = try ClusterSettings(options, sources: sources, environment: environment)
        // Made certificates take the place of the empty ones as soon as there is a cluster to keep them in.
        server = AdmissionServerConfiguration(certificate: .memory(certificate: "", key: ""))
        if cluster?.managesCertificates != true {
            server.certificate = .files(
                certificate: try sources.required(options.tlsCert, "--tls-cert"),
                key: try sources.required(options.tlsKey, "--tls-key")
            )
        }
        server.clientCAFile = sources.text(options.clientCa, "--client-ca")?.text
        try sources.read(options.listen, "--listen", as: "HOST:PORT", ListenAddress.init) { server.listen = $0 }
        if sources.text(options.opsListen, "--ops-listen")?.text == "none" {
            server.opsListen = nil
        } else {
            try sources.read(options.opsListen, "--ops-listen", as: "HOST:PORT or none", ListenAddress.init) {
                server.opsListen = $0
            }
        }
        let hosts = { (text: String) in Set(text.split(separator: ",").map { $0.lowercased() }) }
        try sources.read(options.tokenHosts, "--token-hosts", as: "hosts", hosts) { tokenHosts = $0 }
        let clouds = { (text: String) -> Set<CloudProvider>? in
            let names = text.split(separator: ",")
            let known = names.compactMap { CloudProvider(rawValue: String($0)) }
            return known.count == names.count ? Set(known) : nil
        }
        try sources.read(options.cloudRegistries, "--cloud-registries", as: "ecr, gar or acr", clouds) {
            self.clouds = $0
        }
        usesMetadataServer = try sources.flag(options.metadataServer, "--metadata-server")
        let duration = { (text: String) in GoDuration.parse(text[...]) }
        try sources.read(options.shutdownDelay, "--shutdown-delay", as: "a duration such as 5s", duration) {
            server.shutdownDelay = $0
        }
        try sources.read(options.tagTtl, "--tag-ttl", as: "a duration such as 60s", duration) { tagLifetime = $0 }
        try sources.read(options.logLevel, "--log-level", as: "a level", Logger.Level.init(rawValue:)) { logLevel = $0 }
        let count = { (text: String) in Int(text).flatMap { (1...100_000).contains($0) ? $0 : nil } }
        try sources.read(options.maxConnections, "--max-connections", as: "a number from 1 to 100000", count) {
            server.limits.connections = $0
        }
        try sources.read(options.maxAdmissions, "--max-admissions", as: "a number from 1 to 100000", count) {
            server.limits.admissions = $0
        }
        if let file = sources.text(options.policy, "--policy")?.text {
            let value = try JSONFile.read(file, convert: "polypod config policy")
            do throws(FieldError) {
                policies = try PolicySet(reading: value)
                if cluster == nil { try policies.requireNamespaceNames() }
            } catch {
                throw SettingsError(subject: file, reason: error.description)
            }
        }
        registries = try sources.text(options.registries, "--registries").map { given throws(SettingsError) in
            Document(file: given.text, value: try JSONFile.read(given.text, convert: "polypod config registries"))
        }
        dockerConfig = try sources.text(options.dockerConfig, "--docker-config").map { given throws(SettingsError) in
            Document(file: given.text, value: try JSONFile.read(given.text, convert: nil))
        }
    }
}

/// An option, or else the environment variable of the same name.
struct OptionSource {
    let environment: [String: String]

    /// What was given for `option`, and what to call it in a message.
    func text(_ value: String?, _ option: String) -> (text: String, subject: String)? {
        if let value { return (value, option) }
        let variable = Self.variable(option)
        return environment[variable].flatMap { $0.isEmpty ? nil : ($0, variable) }
    }

    /// Whether a flag is set, by itself or by its variable, whose words are those of a boolean.
    func flag(_ value: Bool, _ option: String) throws(SettingsError) -> Bool {
        guard !value, let given = text(nil, option) else { return value }
        switch given.text {
        case "true", "1": return true
        case "false", "0": return false
        default:
            throw SettingsError(subject: given.subject, reason: "expected true or false, found \"\(given.text)\"")
        }
    }

    func required(_ value: String?, _ option: String) throws(SettingsError) -> String {
        guard let given = text(value, option) else {
            throw SettingsError(subject: option, reason: "required (or \(Self.variable(option)) in the environment)")
        }
        return given.text
    }

    func read<Value>(
        _ value: String?,
        _ option: String,
        as expected: String,
        _ parse: (String) -> Value?,
        then take: (Value) -> Void
    ) throws(SettingsError) {
        guard let given = text(value, option) else { return }
        guard let parsed = parse(given.text) else {
            throw SettingsError(subject: given.subject, reason: "expected \(expected), found \"\(given.text)\"")
        }
        take(parsed)
    }

    /// `--tls-cert` as `POLYPOD_TLS_CERT`.
    private static func variable(_ option: String) -> String {
        "POLYPOD_" + option.dropFirst(2).uppercased().replacing("-", with: "_")
    }
}
