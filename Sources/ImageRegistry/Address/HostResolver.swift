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

/// Turns a host's name into addresses.
protocol HostResolver: Sendable {
    /// Every address of `host`; empty where it has none or was not found in time.
    func addresses(of host: String) async -> [IPAddress]
}

/// Asks the system (`getaddrinfo`), on threads of its own.
///
/// The call cannot be interrupted: a task that is cancelled goes on at once, and the thread is free again when the
/// system gives up on the name. Names that nobody answers for can therefore keep every thread busy for a while; they
/// keep nothing else busy, and further names are given up at once where too many wait.
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
