import Logging
import Metrics
import PodAdmission

/// The credentials of the clouds that the operator enabled.
struct CloudCredentials: Sendable {
    private let sources: [any CloudCredentialSource]
    private let standIn: CloudStandIn?

    /// A source with the scope for one endpoint.
    struct Match: Sendable {
        var source: any CloudCredentialSource
        var scope: String

        var cloud: CloudProvider { source.cloud }

        /// Gets the credential for the endpoint.
        ///
        /// - Throws: ``RegistryFailure`` if the cloud does not return one in time.
        func credential() async throws(RegistryFailure) -> Credential {
            try await source.credential(for: scope)
        }
    }

    /// Creates the sources of some clouds; they send no requests yet.
    ///
    /// - Parameters:
    ///   - clouds: The clouds to enable.
    ///   - environment: The variables that set up the clouds.
    ///   - transport: The transport of all requests.
    ///   - settings: Time limits and clocks.
    /// - Throws: ``SetupError`` with `bad-cloud` or `bad-file` if a setting of a cloud is missing or not valid.
    init(
        _ clouds: Set<CloudProvider>,
        environment: [String: String],
        transport: Transport,
        settings: CloudSettings
    ) throws(SetupError) {
        let client = CloudClient(transport: transport, standIn: settings.standIn)
        let environment = CloudEnvironment(environment, client: client, settings: settings)
        var sources: [any CloudCredentialSource] = []
        for cloud in CloudProvider.allCases where clouds.contains(cloud) {
            switch cloud {
            case .ecr: sources.append(CloudSource(try ECRCredentialProvider(environment), settings))
            case .gar: sources.append(CloudSource(try GARCredentialProvider(environment), settings))
            case .acr: sources.append(CloudSource(try ACRCredentialProvider(environment), settings))
            }
        }
        self.sources = sources
        standIn = settings.standIn
    }

    /// The cloud of an endpoint; nil for a mirror, for another port than 443 and without TLS.
    func match(_ endpoint: RegistryEndpoint) -> Match? {
        guard endpoint.isHome, !sources.isEmpty else { return nil }
        let origin = endpoint.origin
        let host: String
        if let name = standIn?.hosts[origin.hostAndPort] {
            host = name
        } else {
            guard origin.isSecure, origin.port == 443 else { return nil }
            host = origin.host
        }
        for source in sources {
            if let scope = source.scope(of: host) { return Match(source: source, scope: scope) }
        }
        return nil
    }

    /// Gets and renews credentials until ``stop()``.
    func run() async {
        await withDiscardingTaskGroup { group in
            for source in sources { group.addTask { await source.run() } }
        }
    }

    /// Ends ``run()``.
    func stop() {
        for source in sources { source.stop() }
    }
}

/// The credentials of one cloud, kept while they are valid.
protocol CloudCredentialSource: Sendable {
    var cloud: CloudProvider { get }

    /// The scope of the credential for the registry `host`; nil if the host does not belong to this cloud.
    func scope(of host: String) -> String?

    /// Gets a valid credential, from the cache or from the cloud.
    ///
    /// - Throws: ``RegistryFailure`` if the cloud does not return one in time, or failed a moment ago.
    func credential(for scope: String) async throws(RegistryFailure) -> Credential

    /// Gets and renews credentials until ``stop()``.
    func run() async

    /// Ends ``run()``.
    func stop()
}

/// Keeps the identity and the credentials that a provider gets.
///
/// The identity is kept separately because all registries share it. Images can name any number of registries, and the
/// cloud would soon limit the rate of identity requests if each registry caused one.
final class CloudSource<Provider: CloudCredentialProvider>: CloudCredentialSource {
    private let provider: Provider
    private let identity: RenewingStore<CloudProvider, Provider.Identity>
    private let credentials: RenewingStore<String, Credential>

    init(_ provider: Provider, _ settings: CloudSettings) {
        let identity = RenewingStore<CloudProvider, Provider.Identity>(settings) { _ in
            do throws(RegistryFailure) { return .success(try await provider.identity()) } catch {
                return .failure(error)
            }
        }
        self.provider = provider
        self.identity = identity
        credentials = RenewingStore(settings) { scope in
            do throws(RegistryFailure) {
                let current = try await identity.value(for: provider.cloud)
                return .success(try await provider.credential(for: scope, as: current))
            } catch {
                return .failure(error)
            }
        } onResult: { failure in
            Counter(
                label: "polypod_cloud_credentials_total",
                dimensions: [("cloud", provider.cloud.rawValue), ("outcome", failure?.code.rawValue ?? "ok")]
            ).increment()
            guard let failure else { return }
            settings.logger.warning(
                "no credential from the cloud",
                metadata: [
                    "cloud": "\(provider.cloud.rawValue)", "code": "\(failure.code.rawValue)",
                    "detail": "\(failure.reason.detail)",
                ]
            )
        }
    }

    var cloud: CloudProvider { provider.cloud }

    func scope(of host: String) -> String? { provider.scope(of: host) }

    func credential(for scope: String) async throws(RegistryFailure) -> Credential {
        try await credentials.value(for: scope).value
    }

    func run() async {
        let (identity, credentials) = (identity, credentials)
        await withDiscardingTaskGroup { group in
            group.addTask { await identity.run() }
            group.addTask { await credentials.run() }
        }
    }

    func stop() {
        identity.stop()
        credentials.stop()
    }
}
