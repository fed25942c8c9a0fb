import Logging
import Metrics
import PodAdmission

/// The credentials of one cloud, kept while they are good.
protocol CloudCredentialSource: Sendable {
    /// Which cloud it is.
    var cloud: CloudProvider { get }

    /// What a credential for the registry `host` is good for; nil where the host is not of this cloud.
    func scope(of host: String) -> String?

    /// A credential that is good now.
    func credential(for scope: String) async throws(RegistryFailure) -> Credential

    /// Gets what is asked for, until ``stop()``.
    func run() async

    /// Ends ``run()``.
    func stop()
}

/// Keeps what a provider gives: its identity, and the credentials that were got with it.
///
/// The identity is kept apart because it serves every registry: images name registries freely, and to ask for it anew
/// for each of them would soon be once too often for the cloud.
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
                let whom = try await identity.value(for: provider.cloud)
                return .success(try await provider.credential(for: scope, as: whom))
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
