import ArgumentParser
import WebhookServer

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The command line's options as text; ``Settings`` reads their values, together with the environment.
struct Options: ParsableArguments {
    @Option(help: help(.tlsCert, "The serving certificate and its chain, PEM; read again when the file changes."))
    var tlsCert: String?

    @Option(help: help(.tlsKey, "The certificate's private key, PEM; read again when the file changes."))
    var tlsKey: String?

    @Option(help: help(.kubernetes, "The cluster to use: in-cluster, a kubeconfig in JSON, or none.", default: "none"))
    var kubernetes: String?

    @Flag(
        help: help(
            .managedCertificates,
            "Create the serving certificate and its CA, keep them in a Secret, and publish the CA to the API server."
        )
    )
    var managedCertificates = false

    @Option(
        help: help(.service, "The webhooks' Service, as NAMESPACE/NAME.", default: "polypod-system/polypod-webhook")
    )
    var service: String?

    @Flag(help: help(.pullSecrets, "Read the pull secrets of Pods, to look up images in private registries."))
    var pullSecrets = false

    @Flag(help: help(.events, "Write Events on the owners of Pods that are changed or refused."))
    var events = false

    @Flag(help: help(.selfProof, "Test with dry-run requests whether the API server calls the webhooks."))
    var selfProof = false

    @Flag(
        help: help(
            .manageFailurePolicy,
            "Set the validating webhook's failurePolicy by the self-proof: Fail after proofs, Ignore after failures."
        )
    )
    var manageFailurePolicy = false

    @Flag(help: help(.warmCache, "Watch the workloads and look up their images before their Pods are created."))
    var warmCache = false

    @Option(help: help(.clientCa, "A file with CAs, PEM; clients then need a certificate of one of them."))
    var clientCa: String?

    @Option(help: help(.listen, "HOST:PORT of the webhooks.", default: "0.0.0.0:8443"))
    var listen: String?

    @Option(help: help(.opsListen, "HOST:PORT of health and metrics, or none.", default: "0.0.0.0:8080"))
    var opsListen: String?

    @Option(help: help(.policy, "A file with policies, JSON: one WasmPolicy, an array, or a List."))
    var policy: String?

    @Option(help: help(.registries, "A file with the mirrors, credentials and CAs of registries, JSON."))
    var registries: String?

    @Option(help: help(.dockerConfig, "A file with credentials in the format of Docker's config.json."))
    var dockerConfig: String?

    @Option(
        help: help(
            .tokenHosts,
            "Hosts of token servers that may receive the credentials of any registry, separated by commas."
        )
    )
    var tokenHosts: String?

    @Option(
        help: help(
            .refusedNetworks,
            "Networks in which the image of a Pod must not name a registry, separated by commas: ranges, or private.",
            default: "none"
        )
    )
    var refusedNetworks: String?

    @Option(help: help(.allowedNetworks, "Exceptions to the refused networks, separated by commas."))
    var allowedNetworks: String?

    @Option(
        help: help(
            .cloudRegistries,
            "Clouds whose registries are read with the cloud identity of this process, separated by commas: ecr, gar, acr.",
            default: "none"
        )
    )
    var cloudRegistries: String?

    @Flag(
        help: help(
            .metadataServer,
            "Ask GKE's metadata server for gar's credential if GOOGLE_APPLICATION_CREDENTIALS is not set."
        )
    )
    var metadataServer = false

    @Option(help: help(.shutdownDelay, "How long to keep serving after SIGTERM, such as 5s.", default: "5s"))
    var shutdownDelay: String?

    @Option(help: help(.logLevel, "trace, debug, info, notice, warning, error or critical.", default: "info"))
    var logLevel: String?

    @Option(help: help(.maxConnections, "The limit on connections; more get status 503.", default: "512"))
    var maxConnections: String?

    @Option(help: help(.maxAdmissions, "The limit on concurrent admissions; more get status 503.", default: "512"))
    var maxAdmissions: String?

    @Option(help: help(.tagTtl, "How long the digest of a tag is cached, such as 60s.", default: "60s"))
    var tagTtl: String?
}

/// The help of an option: its text, then its environment variable and its default in brackets.
private func help(_ option: OptionName, _ text: String, default value: String? = nil) -> ArgumentHelp {
    "\(text) [\(option.variable)\(value.map { ", default \($0)" } ?? "")]"
}

/// The options, named as the properties of ``Options``; option and environment variable are derived from the name.
enum OptionName: String {
    case tlsCert, tlsKey, clientCa
    case kubernetes, service
    case managedCertificates, pullSecrets, events, selfProof, manageFailurePolicy, warmCache
    case listen, opsListen, shutdownDelay, logLevel, maxConnections, maxAdmissions
    case policy, registries, dockerConfig, tokenHosts, refusedNetworks, allowedNetworks
    case cloudRegistries, metadataServer, tagTtl

    /// The option on the command line, such as `--tls-cert`.
    var option: String { "--" + words.joined(separator: "-") }

    /// The environment variable, such as `POLYPOD_TLS_CERT`.
    var variable: String { "POLYPOD_" + words.joined(separator: "_").uppercased() }

    /// The words of the name, in lower case.
    private var words: [String] {
        rawValue.reduce(into: [""]) { words, letter in
            if letter.isUppercase { words.append("") }
            words[words.count - 1] += letter.lowercased()
        }
    }
}

/// The values of options from the command line or, for options that it does not have, from the environment.
struct OptionSource {
    /// The environment's variables; an empty one counts as not set.
    let environment: [String: String]

    /// The value of an option with the name to use for it in messages; nil if it is not set.
    ///
    /// - Parameters:
    ///   - value: The value of the command line, which wins.
    ///   - option: The option.
    /// - Returns: The value, and the option or variable that it comes from.
    func text(_ value: String?, _ option: OptionName) -> (text: String, subject: String)? {
        if let value { return (value, option.option) }
        return environment[option.variable].flatMap { $0.isEmpty ? nil : ($0, option.variable) }
    }

    /// Whether a flag is set, on the command line or by a variable with `true` or `1`.
    ///
    /// - Throws: ``SettingsError`` for a variable that is none of `true`, `1`, `false` and `0`.
    func flag(_ value: Bool, _ option: OptionName) throws(SettingsError) -> Bool {
        guard !value, let given = text(nil, option) else { return value }
        switch given.text {
        case "true", "1": return true
        case "false", "0": return false
        default:
            throw SettingsError(subject: given.subject, reason: "expected true or false, found \"\(given.text)\"")
        }
    }

    /// The value of an option that has no default.
    ///
    /// - Throws: ``SettingsError`` if the option is not set.
    func required(_ value: String?, _ option: OptionName) throws(SettingsError) -> String {
        guard let given = text(value, option) else {
            throw SettingsError(
                subject: option.option,
                reason: "required; set this option or the variable \(option.variable)"
            )
        }
        return given.text
    }

    /// Parses an option that is set and passes its value on.
    ///
    /// - Parameters:
    ///   - value: The value of the command line, which wins.
    ///   - option: The option.
    ///   - expected: What `parse` accepts, for the error.
    ///   - parse: Parses the text; nil for one that is not valid.
    ///   - take: Receives the value; not called if the option is not set.
    /// - Throws: ``SettingsError`` for a text that `parse` does not accept.
    func read<Value>(
        _ value: String?,
        _ option: OptionName,
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
}

/// The process's environment, without Foundation.
enum ProcessEnvironment {
    /// Reads all variables; to be called once, before another thread can change them.
    static func read() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let line = entry.pointee {
            let text = String(cString: line)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }
}
