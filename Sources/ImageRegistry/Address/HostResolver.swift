import NIOCore
import NIOPosix

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

/// Asks the system (`getaddrinfo`), on NIO's pool of threads for blocking work.
///
/// The call cannot be interrupted: a task that is cancelled goes on at once, and the thread is free again when the
/// system gives up on the name.
struct SystemResolver: HostResolver {
    func addresses(of host: String) async -> [IPAddress] {
        let found = OneShot<[IPAddress]>()
        NIOThreadPool.singleton.submit { state in
            found.fulfill(state == .active ? Self.lookUp(host) : [])
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
