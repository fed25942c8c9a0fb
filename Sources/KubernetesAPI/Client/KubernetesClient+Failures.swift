import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension KubernetesClient {
    /// What an error of the HTTP client means, in words that hold nothing of the other side's.
    func failure(_ error: any Error, _ call: APICall) -> KubernetesAPIError {
        switch error {
        case let error as KubernetesAPIError: error
        case is CancellationError: lateness(call)
        case let error as HTTPClientError where Self.isLate(error): lateness(call)
        case let error as HTTPParserError where error != .invalidEOFState:
            KubernetesAPIError(.refused, "\(call.subject): the answer is no HTTP")
        default:
            KubernetesAPIError(
                .unreachable,
                "\(access.server) does not answer, or not with the cluster's certificate: look at the network"
            )
        }
    }

    /// There was no answer in time.
    func lateness(_ call: APICall) -> KubernetesAPIError {
        KubernetesAPIError(.timeout, "\(call.subject): no answer of \(access.server) in time")
    }

    private static func isLate(_ error: HTTPClientError) -> Bool {
        error == .cancelled || error == .deadlineExceeded || error == .readTimeout
    }

    /// Whether the connection broke, as it does where the other side closed it while it was not used.
    static func isBrokenConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as ChannelError: error == .ioOnClosedChannel || error == .eof
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case let error as NIOSSLError: error == .uncleanShutdown
        case let error as HTTPParserError: error == .invalidEOFState
        default: false
        }
    }
}
