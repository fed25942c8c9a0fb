import HTTPTypes
import Hummingbird
import JSON
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import KubernetesAPI

@Suite(.timeLimit(.minutes(1))) struct LeaderElectionTests {
    static let lease = ObjectPath(.leases, namespace: "polypod-system", name: "polypod-webhook")

    /// Stores one Lease as the API server does: a write with an old version is a conflict.
    final class LeaseStore: Sendable {
        private struct State {
            var lease: JSONValue?
            var version = 0
            var isDown = false
        }

        private let state = Mutex(State())

        var record: LeaseRecord? { state.withLock { $0.lease.map { LeaseRecord(lease: $0) } } }
        func goDown() { state.withLock { $0.isDown = true } }

        func handle(_ request: SeenRequest) throws -> Response {
            try state.withLock { state in
                if state.isDown { return .status(.internalServerError, reason: "InternalError") }
                switch (request.method, state.lease) {
                case ("GET", nil), ("PUT", nil): return .status(.notFound, reason: "NotFound")
                case ("GET", let lease?): return .json(lease)
                case ("POST", _?): return .status(.conflict, reason: "AlreadyExists")
                case ("PUT", let lease?):
                    let body = try JSONParser.parse(request.body)
                    let version = body["metadata"]?["resourceVersion"]
                    guard version != nil, version == lease["metadata"]?["resourceVersion"] else {
                        return .status(.conflict, reason: "Conflict")
                    }
                    return Self.store(body, &state)
                default: return Self.store(try JSONParser.parse(request.body), &state)
                }
            }
        }

        private static func store(_ lease: JSONValue, _ state: inout State) -> Response {
            state.version += 1
            var object = lease.object ?? JSONObject()
            var metadata = object["metadata"]?.object ?? JSONObject()
            metadata["resourceVersion"] = .string(String(state.version))
            object["metadata"] = .object(metadata)
            state.lease = .object(object)
            return .json(.object(object))
        }
    }

    struct Candidate: Sendable {
        let election: LeaderElection
        let time = ManualClock(unixTime: 1_772_366_400)

        init(_ name: String, _ client: KubernetesClient) {
            election = LeaderElection(
                client: client,
                lease: LeaderElectionTests.lease,
                identity: name,
                timing: LeaseTiming(),
                time: time.source,
                chance: { 0.5 },
                logger: .silent
            )
        }
    }

    static func withStore(
        _ body: @escaping @Sendable (LeaseStore, KubernetesClient) async throws -> Void
    ) async throws {
        let store = LeaseStore()
        let server = try FakeAPIServer()
        try await server.serve({ try store.handle($0) }) { try await body(store, $0) }
    }

    @Test func theLeaderReleasesTheLeaseAtShutdown() async throws {
        try await Self.withStore { store, client in
            let (a, b) = (Candidate("a", client), Candidate("b", client))
            let services = ServiceGroup(services: [a.election], logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                #expect(await a.time.nextSleep() == .seconds(2))
                #expect(a.election.isLeader)
                group.addTask { try await b.election.run() }
                #expect(await b.time.nextSleep() == .seconds(3), "waiting candidates read at other times")
                #expect(!b.election.isLeader)
                #expect(store.record?.holder == "a")

                await services.triggerGracefulShutdown()
                try await group.next()
                #expect(!a.election.isLeader)
                #expect(store.record?.holder == "")
                b.time.advance(by: .seconds(3))
                #expect(await b.time.nextSleep() == .seconds(2))
                #expect(b.election.isLeader)
                #expect(store.record?.holder == "b")
                #expect(store.record?.transitions == 1)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test func anotherCandidateReplacesALeaderThatCrashed() async throws {
        try await Self.withStore { store, client in
            let (a, b) = (Candidate("a", client), Candidate("b", client))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await a.election.run() }
                _ = await a.time.nextSleep()
                a.time.advance(by: .seconds(2))
                _ = await a.time.nextSleep()
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(store.record?.holder == "a", "the lease is not released")
            #expect(!a.election.isLeader)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await b.election.run() }
                for _ in 0..<5 {
                    _ = await b.time.nextSleep()
                    #expect(!b.election.isLeader)
                    b.time.advance(by: .seconds(3))
                }
                _ = await b.time.nextSleep()
                #expect(b.election.isLeader, "after 15 seconds without a change")
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test func aLeaderThatCannotRenewStopsLeadingInTime() async throws {
        try await Self.withStore { store, client in
            let a = Candidate("a", client)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await a.election.run() }
                _ = await a.time.nextSleep()
                store.goDown()
                for _ in 0..<4 {
                    a.time.advance(by: .seconds(2))
                    _ = await a.time.nextSleep()
                    #expect(a.election.isLeader)
                }
                a.time.advance(by: .milliseconds(1999))
                #expect(a.election.isLeader)
                a.time.advance(by: .milliseconds(1))
                #expect(!a.election.isLeader, "before another candidate may take the lease")
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test func oneOfManyCandidatesLeads() async throws {
        try await Self.withStore { store, client in
            let candidates = (0..<8).map { Candidate("c\($0)", client) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for candidate in candidates { group.addTask { try await candidate.election.run() } }
                for candidate in candidates { _ = await candidate.time.nextSleep() }
                #expect(candidates.filter(\.election.isLeader).count == 1)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}
