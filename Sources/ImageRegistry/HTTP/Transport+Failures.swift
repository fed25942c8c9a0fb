import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import PodAdmission

extension Transport {
    /// What an error of the client means, in words that hold nothing of the other side's.
    static func failure(_ error: any Error, host: String) -> RegistryFailure {
        switch error {
        case let failure as RegistryFailure: failure
        case let error as HTTPClientError: failure(error, host: host)
        case is PeerCheck.Forbidden: AddressGuard.forbidden(host)
        case is CancellationError: RegistryFailure(.deadline, "\(host): no answer in time")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: untrusted(host)
        case is HTTPParserError: RegistryFailure(.badResponse, "\(host): an answer that is no HTTP")
        default: RegistryFailure(.unreachable, "\(host): the connection failed")
        }
    }

    private static func failure(_ error: HTTPClientError, host: String) -> RegistryFailure {
        switch error {
        case .cancelled, .deadlineExceeded: RegistryFailure(.deadline, "\(host): no answer in time")
        case .tlsHandshakeTimeout: untrusted(host)
        case .connectTimeout: RegistryFailure(.unreachable, "\(host): no connection in time")
        case .proxyAuthenticationRequired, .invalidProxyResponse, .httpProxyHandshakeTimeout:
            RegistryFailure(.unreachable, "\(host): the proxy refused the connection")
        default: RegistryFailure(.unreachable, "\(host): the connection failed")
        }
    }

    /// Whether the connection was closed before any of the answer came.
    static func isClosedConnection(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        return error as? ChannelError == .ioOnClosedChannel
    }

    private static func untrusted(_ host: String) -> RegistryFailure {
        RegistryFailure(.tls, "\(host): the TLS connection failed or its certificate is not trusted")
    }
}
