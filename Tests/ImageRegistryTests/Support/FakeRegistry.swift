import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOSSL
import Synchronization
import TestSupport

/// A registry on loopback whose answers a test sets, and which remembers everything it was asked.
final class FakeRegistry: Sendable {
    /// A request that came in.
    struct Hit: Sendable {
        var method: String
        var path: String
        var query: String
        var authorization: String?
        var headers = HTTPFields()
        var body = ""

        /// The fields of a form, decoded.
        var form: [String: String] {
            let pairs = body.split(separator: "&").map { pair in
                pair.split(separator: "=", maxSplits: 1).map { Self.decoded($0) }
            }
            return Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { $1 }
        }

        private static func decoded(_ text: Substring) -> String {
            let parts = text.split(separator: "%", omittingEmptySubsequences: false)
            let rest = parts.dropFirst().flatMap { [UInt8($0.prefix(2), radix: 16) ?? 0] + $0.dropFirst(2).utf8 }
            return String(decoding: Array(parts[0].utf8) + rest, as: UTF8.self)
        }

        /// A header's value; empty where it is not there.
        func header(_ name: String) -> String { HTTPField.Name(name).flatMap { headers[$0] } ?? "" }
    }

    /// What is answered.
    struct Reply: Sendable {
        enum Body: Sendable {
            case bytes([UInt8])
            /// Never ends, as fast as it is read.
            case endless
            /// A byte every so often, without an end.
            case drip
            /// Nothing at all: the connection hangs.
            case silence
        }

        var status = 200
        var headers: [(String, String)] = []
        var body = Body.bytes([])

        init(_ status: Int = 200, _ headers: [(String, String)] = [], _ body: Body = .bytes([])) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        init(_ status: Int = 200, _ headers: [(String, String)] = [], text: String) {
            self.init(status, headers, .bytes(Array(text.utf8)))
        }
    }

    typealias Handler = @Sendable (Hit) async -> Reply

    private struct State {
        var hits: [Hit] = []
        var port = 0
        var replies: [String: Reply] = [:]
        var handler: Handler?
    }

    private let state = Mutex(State())
    /// An element for every endless body that was cut off by the other side.
    let cutOff: AsyncStream<Void>
    private let cut: AsyncStream<Void>.Continuation

    init() {
        (cutOff, cut) = AsyncStream.makeStream(of: Void.self)
    }

    var port: Int { state.withLock { $0.port } }
    /// The host as an image names it.
    var host: String { "127.0.0.1:\(port)" }
    var hits: [Hit] { state.withLock { $0.hits } }
    /// Everything asked, as `METHOD /path`.
    var log: [String] { hits.map { "\($0.method) \($0.path)" } }

    func forget() { state.withLock { $0.hits = [] } }
    /// Sets the answer to a path; it goes before what the handler says.
    func set(_ path: String, _ reply: Reply?) { state.withLock { $0.replies[path] = reply } }
    func handle(_ handler: @escaping Handler) { state.withLock { $0.handler = handler } }

    /// Runs a registry while `body` runs.
    static func run<Result: Sendable>(
        tls: TLSConfiguration? = nil,
        _ body: (FakeRegistry) async throws -> Result
    ) async throws -> Result {
        let registry = FakeRegistry()
        return try await LoopbackServer.run(tls: tls) { request in
            try await registry.respond(request)
        } while: { port in
            registry.state.withLock { $0.port = port }
            return try await body(registry)
        }
    }

    private func respond(_ request: Request) async throws -> Response {
        var hit = Hit(
            method: request.method.rawValue,
            path: request.uri.path,
            query: request.uri.query ?? "",
            authorization: request.headers[.authorization],
            headers: request.headers
        )
        if request.method == .post {
            hit.body = String(buffer: try await request.body.collect(upTo: 1 << 20))
        }
        let (known, handler) = state.withLock { state in
            state.hits.append(hit)
            return (state.replies[hit.path], state.handler)
        }
        let notFound = Reply(404, text: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"secret detail"}]}"#)
        let reply: Reply
        if let known { reply = known } else { reply = await handler?(hit) ?? notFound }
        var headers = HTTPFields()
        for (name, value) in reply.headers {
            guard let field = HTTPField.Name(name) else { continue }
            headers.append(HTTPField(name: field, value: value))
        }
        return Response(status: .init(code: reply.status), headers: headers, body: body(reply.body))
    }

    private func body(_ body: Reply.Body) -> ResponseBody {
        switch body {
        case .bytes(let bytes): return ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .silence: return ResponseBody { _ in try await Task.sleep(for: .seconds(60)) }
        case .drip:
            return ResponseBody { writer in
                while true {
                    try await writer.write(ByteBuffer(string: " "))
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        case .endless:
            let chunk = ByteBuffer(repeating: 0x20, count: 1 << 16)
            return ResponseBody { writer in
                defer { self.cut.yield() }
                while true { try await writer.write(chunk) }
            }
        }
    }
}
