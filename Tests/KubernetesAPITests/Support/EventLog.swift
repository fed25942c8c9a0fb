import JSON
import PodAdmission
import Synchronization

@testable import KubernetesAPI

/// What a reflector said, in short, to be waited for.
final class EventLog: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func note(_ event: Reflector.Event) {
        switch event {
        case .replaced(let items): continuation.yield("= \(items.map(Self.name).joined(separator: ","))")
        case .changed(let object): continuation.yield("+ \(Self.name(object))")
        case .removed(let object): continuation.yield("- \(Self.name(object))")
        case .connected: continuation.yield("connected")
        case .disconnected(let error): continuation.yield("disconnected \(error.code.rawValue)")
        }
    }

    /// The next so many.
    func next(_ count: Int) async -> [String] {
        var events: [String] = []
        for await event in stream {
            events.append(event)
            if events.count == count { break }
        }
        return events
    }

    private static func name(_ object: JSONValue) -> String {
        object["metadata"]?["name"]?.string ?? "?"
    }
}
