import Basics
import NIOCore
import PodAdmission
import Synchronization

/// Checks the addresses of a host before the client connects to it.
///
/// The check before connecting means that a forbidden host does not even get a TLS greeting. The address of a name can
/// change between this check and the connection. Therefore ``PeerCheck`` checks the address of the connection itself
/// before the client writes a request.
final class AddressGuard: Sendable {
    private struct Known: Sendable {
        var addresses: [IPAddress]
        var until: ContinuousClock.Instant
    }

    /// How long addresses are kept.
    ///
    /// Without this, every request would ask the resolver, although most requests use an open connection.
    private static let lifetime = Duration.seconds(30)
    /// How long to wait for the resolver when addresses of the name are known from before.
    private static let patience = Duration.milliseconds(500)

    private let resolver: any HostResolver
    private let now: @Sendable () -> ContinuousClock.Instant
    private let known = Mutex(LRU<String, Known>(entries: 512))

    init(resolver: any HostResolver, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.resolver = resolver
        self.now = now
    }

    /// Checks that the rules allow `host` and every address of its name.
    ///
    /// - Parameters:
    ///   - host: A DNS name or an address.
    ///   - rules: The addresses to allow.
    ///   - isProxied: Whether a proxy resolves the name. If so, only a host that is written as an address is checked.
    /// - Throws: ``RegistryFailure`` with `forbidden-address` for an address that the rules refuse, and `unreachable`
    ///   for a name without addresses.
    func check(_ host: String, rules: AddressRules, isProxied: Bool) async throws(RegistryFailure) {
        if let address = IPAddress(host) {
            if let refusal = rules.refusal(of: address) { throw Self.forbidden(host, refusal) }
            return
        }
        if isProxied { return }
        let addresses = await addresses(of: host)
        guard !addresses.isEmpty else { throw .connection(.unreachable, "\(host): the name has no address") }
        if let refusal = addresses.lazy.compactMap(rules.refusal).first { throw Self.forbidden(host, refusal) }
    }

    /// The failure for a host with an address that the rules refuse.
    static func forbidden(_ host: String, _ refusal: AddressRules.Refusal) -> RegistryFailure {
        let reason =
            switch refusal {
            case .address: "registries must not use this address"
            case .network: "its network is refused (--refused-networks); name it in --registries or --allowed-networks"
            }
        return RegistryFailure(.forbiddenAddress, "\(host): \(reason)")
    }

    private func addresses(of host: String) async -> [IPAddress] {
        let now = now()
        let old = known.withLock { $0.value(for: host) }
        if let old, old.until > now { return old.addresses }
        let resolver = resolver
        let found: [IPAddress]
        if let old {
            // Other names can keep the resolver busy. A registry that was resolved before must keep working then. The
            // address of the connection is checked in any case.
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

/// Checks the peer address of a new connection before the client writes a request.
///
/// A check of the name alone is not enough: a name can have a public address when it is resolved and another address
/// when the client connects (google/go-containerregistry#2440).
enum PeerCheck {
    /// Returns a function for `HTTPClient.Configuration.http1_1ConnectionDebugInitializer`.
    ///
    /// The HTTP client calls it after the connection, including its TLS handshake, and before the first request. The
    /// function fails its result with ``AddressRules/Refusal`` first and closes the channel later: the pool traps when a
    /// connection closes before its failure was reported.
    static func initializer(rules: AddressRules) -> @Sendable (any Channel) -> EventLoopFuture<Void> {
        { channel in
            let address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0.prefix { $0 != "%" }) }
            guard let refusal = address.map(rules.refusal) ?? .address else {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            channel.eventLoop.execute { channel.close(promise: nil) }
            return channel.eventLoop.makeFailedFuture(refusal)
        }
    }
}
