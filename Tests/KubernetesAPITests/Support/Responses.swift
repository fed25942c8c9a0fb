import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import ServiceLifecycle
import TestSupport

@testable import KubernetesAPI

extension Response {
    static func status(_ status: HTTPResponse.Status, reason: String, message: String = "") -> Response {
        .json(["kind": "Status", "reason": .string(reason), "message": .string(message)], status)
    }

    static func list(_ names: [String], version: String, next: String? = nil) -> Response {
        .json([
            "metadata": ["resourceVersion": .string(version), "continue": .string(next ?? "")],
            "items": .array(names.map { ["metadata": ["name": .string($0)]] }),
        ])
    }

    /// A body of pieces that go out one by one, and then stays open where `isOpen`, until the server goes down.
    static func pieces(_ pieces: [String], isOpen: Bool = false) -> Response {
        Response(
            status: .ok,
            body: ResponseBody { writer in
                for piece in pieces { try await writer.write(ByteBuffer(string: piece)) }
                if isOpen { try await gracefulShutdown() }
                try await writer.finish(nil)
            }
        )
    }

    /// A body that is cut off, after `piece`: at once, or when the server goes down.
    static func cut(_ piece: String, isOpen: Bool = false) -> Response {
        struct Cut: Error {}
        return Response(
            status: .ok,
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: piece))
                if isOpen { for await _ in AsyncStream.makeStream(of: Void.self).stream {} }
                throw Cut()
            }
        )
    }

    /// A watch's body.
    static func watch(_ events: [(type: String, name: String, version: String)], isOpen: Bool = false) -> Response {
        .pieces(events.map { watchLine($0.type, $0.name, $0.version) }, isOpen: isOpen)
    }
}

/// A line of a watch.
func watchLine(_ type: String, _ name: String, _ version: String) -> String {
    #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","resourceVersion":"\#(version)"}}}"# + "\n"
}

/// The code of the error that `body` throws; nil where it throws none.
func code(_ body: () async throws(KubernetesAPIError) -> Void) async -> KubernetesAPIError.Code? {
    do throws(KubernetesAPIError) {
        try await body()
        return nil
    } catch {
        return error.code
    }
}
