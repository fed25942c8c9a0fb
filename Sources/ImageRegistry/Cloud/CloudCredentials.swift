/// The clouds that the operator switched on.
struct CloudCredentials: Sendable {
    private let sources: [any CloudCredentialSource]
    private let standIn: CloudStandIn?

    /// A source with what is asked of it.
    struct Match: Sendable {
        var source: any CloudCredentialSource
        var scope: String

        var cloud: CloudProvider { source.cloud }

        func credential() async throws(RegistryFailure) -> Credential {
            try await source.credential(for: scope)
        }
    }

    /// Creates the sources of `clouds`.
    ///
    /// - Throws: ``SetupError`` where the environment does not say what a cloud needs.
    init(
        _ clouds: Set<CloudProvider>,
        environment: [String: String],
        transport: Transport,
        settings: CloudSettings
    ) throws(SetupError) {
        let client = CloudClient(transport: transport, standIn: settings.standIn)
        var sources: [any CloudCredentialSource] = []
        for cloud in CloudProvider.allCases where clouds.contains(cloud) {
            switch cloud {
            case .ecr:
                let provider = try ECRCredentialProvider(
                    environment: environment,
                    client: client,
                    unixTime: settings.unixTime
                )
                sources.append(CloudSource(provider, settings))
            case .gar:
                let provider = try GARCredentialProvider(
                    environment: environment,
                    usesMetadataServer: settings.usesMetadataServer,
                    client: client
                )
                sources.append(CloudSource(provider, settings))
            case .acr:
                let provider = try ACRCredentialProvider(
                    environment: environment,
                    client: client,
                    unixTime: settings.unixTime
                )
                sources.append(CloudSource(provider, settings))
            }
        }
        self.sources = sources
        standIn = settings.standIn
    }

    /// Who has a credential for the endpoint: only for a registry itself, at its own port and over TLS.
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

    /// Gets what is asked for, until ``stop()``.
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
