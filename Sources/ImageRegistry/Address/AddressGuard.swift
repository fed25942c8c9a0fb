import Basics
import PodAdmission
import Synchronization

/// Checks a host before a connection to it is opened.
///
/// The check before connecting keeps even a TLS greeting away from a forbidden host. A name may still change its
/// address between this check and the connection; for that ``PeerCheck`` looks at the connected address itself before
/// a request is written.
final class AddressGuard: Sendable {
    private struct Known: Sendable {
        var addresses: [IPAddress]
        var until: ContinuousClock.Instant
    }

    /// Every request would ask the resolver otherwise, although most use a connection that is open.
    private static let lifetime = Duration.seconds(30)
    /// How long a name that was known before is waited for.
    private static let patience = Duration.milliseconds(500)

    private let resolver: any HostResolver
    private let now: @Sendable () -> ContinuousClock.Instant
    private let known = Mutex(LRU<String, Known>(entries: 512))

    init(resolver: any HostResolver, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.resolver = resolver
        self.now = now
    }

    /// Throws where `host`, or any address that its name has, must not be connected to.
    ///
    /// - Parameter isProxied: A proxy looks the name up then, so that only addresses written as such are checked.
    func check(_ host: String, rules: AddressRules, isProxied: Bool) async throws(RegistryFailure) {
        if let address = IPAddress(host) {
            guard rules.allows(address) else { throw Self.forbidden(host) }
            return
        }
        if isProxied { return }
        let addresses = await addresses(of: host)
        guard !addresses.isEmpty else { throw RegistryFailure(.unreachable, "\(host): the name has no address") }
        guard addresses.allSatisfy(rules.allows) else { throw Self.forbidden(host) }
    }

    static func forbidden(_ host: String) -> RegistryFailure {
        RegistryFailure(.forbiddenAddress, "\(host): an address that registries must not have")
    }

    private func addresses(of host: String) async -> [IPAddress] {
        let now = now()
        let old = known.withLock { $0.value(for: host) }
        if let old, old.until > now { return old.addresses }
        let resolver = resolver
        let found: [IPAddress]
        if let old {
            // A resolver that other names keep busy must not take away a registry that was there a moment ago. The
            // address that is connected to is checked all the same.
            found = await TimeSource.system.withTimeout(Self.patience) { await resolver.addresses(of: host) } ?? []
            guard !found.isEmpty else { return old.addresses }
        } else {
            found = await resolver.addresses(of: host)
        }
        if !found.isEmpty {
            known.withLock { $0.insert(Known(addresses: found, until: now + Self.lifetime), for: host) }
        }
        return found
    }
}
