import HTTPTypes
import HummingbirdCore
import NIOCore

/// What the kubelet and Prometheus ask, in plain HTTP on a port of its own.
struct OpsResponder: Sendable {
    let readiness: Readiness
    let exposition: @Sendable () -> [UInt8]

    /// Answers `request`.
    func respond(to request: Request) -> Response {
        guard request.method == .get || request.method == .head else {
            return .text(.methodNotAllowed, "only GET\n", allow: "GET")
        }
        switch (request.head.path ?? "/").prefix(while: { $0 != "?" }) {
        case "/healthz":
            return .text(.ok, "ok\n")
        case "/readyz":
            if let obstacle = readiness.obstacle {
                return .text(.serviceUnavailable, obstacle + "\n")
            } else {
                return .text(.ok, "ok\n")
            }
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
