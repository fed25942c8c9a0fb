import Basics
import NIOCore
import NIOPosix
import Synchronization

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Resolves host names to addresses.
protocol HostResolver: Sendable {
    /// Returns all addresses of `host`, or an empty list if the name has none or does not resolve in time.
    func addresses(of host: String) async -> [IPAddress]
}

/// Resolves names with `getaddrinfo`, on its own 16 threads.
///
/// `getaddrinfo` cannot be interrupted. A cancelled task returns at once, but its thread stays busy until the system
/// stops trying to resolve the name. Names that do not resolve can therefore keep all 16 threads busy for a while, but
/// no other threads. While more than 128 calls are under way, a new call returns an empty list at once.
struct SystemResolver: HostResolver {
    private static let pool = {
        let pool = NIOThreadPool(numberOfThreads: 16)
        pool.start()
        return pool
    }()
    private static let mostUnderWay = 128
    private static let underWay = Atomic<Int>(0)

    func addresses(of host: String) async -> [IPAddress] {
        guard Self.underWay.add(1, ordering: .relaxed).newValue <= Self.mostUnderWay else {
            Self.underWay.subtract(1, ordering: .relaxed)
            return []
        }
        let found = Promise<[IPAddress]>()
        Self.pool.submit { state in
            found.fulfill(state == .active ? Self.lookUp(host) : [])
            Self.underWay.subtract(1, ordering: .relaxed)
        }
        return await found.value() ?? []
    }

    private static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next, addresses.count < 64 {
            next = entry.pointee.ai_next
            guard let raw = entry.pointee.ai_addr.map({ UnsafeRawPointer($0) }) else { continue }
            switch entry.pointee.ai_family {
            case AF_INET:
                let address = raw.loadUnaligned(as: sockaddr_in.self).sin_addr
                addresses.append(IPAddress(bytes: withUnsafeBytes(of: address) { Array($0) }))
            case AF_INET6:
                let address = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
                addresses.append(IPAddress(bytes: withUnsafeBytes(of: address) { Array($0) }))
            default: continue
            }
        }
        return addresses
    }
}
