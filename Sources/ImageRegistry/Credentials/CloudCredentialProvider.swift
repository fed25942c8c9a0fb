/// Gets an identity from one cloud, and with it credentials for the registries of the cloud.
///
/// Both functions send requests and keep nothing; ``CloudSource`` keeps and renews the results.
protocol CloudCredentialProvider: Sendable {
    /// The proof of the process's identity, such as a token or keys.
    associatedtype Identity: Sendable

    /// Reads the environment and sends no requests.
    ///
    /// - Throws: ``SetupError`` with `bad-cloud` or `bad-file` if a variable or a file is missing or not valid.
    init(_ environment: CloudEnvironment) throws(SetupError)

    var cloud: CloudProvider { get }

    /// The scope of the credential for the registry `host`; nil if the host does not belong to this cloud.
    ///
    /// Hosts with the same scope share a credential.
    func scope(of host: String) -> String?

    /// Gets the identity, which is the same for all registries of the cloud.
    ///
    /// - Throws: ``RegistryFailure`` if the token file cannot be read, or the cloud fails or refuses.
    func identity() async throws(RegistryFailure) -> Expiring<Identity>

    /// Gets a credential for a scope.
    ///
    /// - Throws: ``RegistryFailure`` if the cloud fails or refuses.
    func credential(
        for scope: String,
        as identity: Expiring<Identity>
    ) async throws(RegistryFailure) -> Expiring<Credential>
}

/// A value with its remaining lifetime.
struct Expiring<Value: Sendable>: Sendable {
    var value: Value
    var lifetime: Duration
}

/// The environment that a provider is created from: variables, settings, and the client for its requests.
///
/// The variables can contain secrets, so providers copy the values that they need and do not keep the environment.
struct CloudEnvironment: Sendable {
    private let variables: [String: String]
    let client: CloudClient
    let settings: CloudSettings

    init(_ variables: [String: String], client: CloudClient, settings: CloudSettings) {
        self.variables = variables
        self.client = client
        self.settings = settings
    }

    /// The value of a variable; nil if it is not set or empty.
    subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
