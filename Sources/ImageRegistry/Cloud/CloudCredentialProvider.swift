/// One cloud's way from an identity to a credential for one of its registries.
///
/// Both steps ask the cloud, and only that: what they give is kept and renewed by ``CloudSource``.
protocol CloudCredentialProvider: Sendable {
    /// Whom the cloud takes this process for.
    associatedtype Identity: Sendable

    /// Which cloud it is.
    var cloud: CloudProvider { get }

    /// What a credential for the registry `host` is good for, a text that hosts with the same credential share; nil
    /// where the host is not of this cloud.
    func scope(of host: String) -> String?

    /// Gets the identity, which is the same for all registries of the cloud.
    func identity() async throws(RegistryFailure) -> Expiring<Identity>

    /// Gets a credential.
    func credential(
        for scope: String,
        as identity: Expiring<Identity>
    ) async throws(RegistryFailure) -> Expiring<Credential>
}

/// A value with how long it is good for, from now.
struct Expiring<Value: Sendable>: Sendable {
    var value: Value
    var lifetime: Duration
}
