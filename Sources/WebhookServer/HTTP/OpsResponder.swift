import HTTPTypes
import HummingbirdCore
import NIOCore

/// Serves `/healthz`, `/readyz` and `/metrics` to the kubelet and Prometheus.
struct OpsResponder: Sendable {
    /// Whether the server is ready.
    let readiness: Readiness
    /// Returns the metrics in the text format of Prometheus.
    let exposition: @Sendable () -> [UInt8]

    /// Answers `request`.
    func respond(to request: Request) -> Response {
        switch request.method {
        case .get: return get(request)
        case .head: return get(request).createHeadResponse()
        default: return .text(.methodNotAllowed, "use GET or HEAD\n", allow: "GET, HEAD")
        }
    }

    private func get(_ request: Request) -> Response {
        switch (request.head.path ?? "/").prefix(while: { $0 != "?" }) {
        case "/healthz":
            return .text(.ok, "ok\n")
        case "/readyz":
            guard let notReadyReason = readiness.notReadyReason else {
                return .text(.ok, "ok\n")
            }
            return .text(.serviceUnavailable, notReadyReason + "\n")
        case "/metrics":
            return .whole(
                .ok,
                contentType: "text/plain; version=0.0.4; charset=utf-8",
                body: ByteBuffer(bytes: exposition())
            )
        default:
            return .text(.notFound, "no such path; there are /healthz, /readyz and /metrics\n")
        }
    }
}
