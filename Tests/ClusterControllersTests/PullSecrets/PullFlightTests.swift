import ImageRegistry
import JSON
import KubernetesAPI
import PodAdmission
import Synchronization
import Testing

@testable import ClusterControllers

@Suite("Pull secrets that many want")
struct PullFlightTests {
    static let query = PullSecretsQuery(namespace: "shop", imagePullSecrets: ["a"])

    /// Requests that wait until the test lets them go, or until they are cancelled.
    final class Gate: Sendable {
        let asked = Mutex(0)
        private let (opened, open) = AsyncStream.makeStream(of: Void.self)

        func letGo() { open.finish() }

        func get() async throws(KubernetesAPIError) -> JSONValue {
            asked.withLock { $0 += 1 }
            for await _ in opened {}
            if Task.isCancelled { throw KubernetesAPIError(.timeout, "cut off") }
            do { return try PullSecretTests.secret("a.example").get() } catch { throw error }
        }

        /// Runs a reader while `body` runs.
        func run(
            sleepUntil: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = {
                try await Task.sleep(until: $0, clock: .continuous)
            },
            _ body: @Sendable (PullSecretReader) async throws -> Void
        ) async throws {
            let reader = PullSecretReader(
                get: { _ throws(KubernetesAPIError) in try await self.get() },
                sleepUntil: sleepUntil
            )
            try await withService(reader) { try await body(reader) }
        }
    }

    @Test func oneRequestForAll() async throws {
        let gate = Gate()
        try await gate.run { reader in
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        await reader.credentials(Self.query, deadline: PullSecretTests.later()).secrets.count
                    }
                }
                while gate.asked.withLock({ $0 }) == 0 { await Task.yield() }
                gate.letGo()
                for await count in group { #expect(count == 1) }
            }
        }
        #expect(gate.asked.withLock { $0 } == 1)
    }

    @Test func aCallerThatGivesUpEndsNoRequest() async throws {
        let gate = Gate()
        try await gate.run { reader in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let found = await reader.credentials(Self.query, deadline: PullSecretTests.later())
                    #expect(found.unread == ["secret a: not read in time"])
                }
                while gate.asked.withLock({ $0 }) == 0 { await Task.yield() }
                // Cancelled as an admission is whose client has gone.
                group.cancelAll()
            }
            gate.letGo()
            #expect(await reader.credentials(Self.query, deadline: PullSecretTests.later()).secrets.count == 1)
        }
        #expect(gate.asked.withLock { $0 } == 1, "the second caller gets the first one's request")
    }

    @Test func theDeadlineEndsTheWaiting() async throws {
        let gate = Gate()
        try await gate.run(sleepUntil: { _ in }) { reader in
            let found = await reader.credentials(Self.query, deadline: .now)
            #expect(found.secrets.isEmpty)
            #expect(found.unread == ["secret a: not read in time"])
        }
    }
}

@Suite("The cache of pull secrets")
struct PullSecretCacheTests {
    @Test func isBounded() {
        let start = ContinuousClock.now
        var cache = PullSecretCache(entries: 3, cost: 100)
        func source(_ name: String) -> PullSource { .secret(namespace: "n", name: name) }
        cache.keep(.unusable(.missing), cost: 10, for: source("soon"), at: start)
        for name in ["a", "b", "c"] { cache.keep(.secretNames([]), cost: 10, for: source(name), at: start) }
        #expect(cache.count == 3)
        #expect(cache.find(source("soon"), at: start) == nil, "what ends soonest goes first")
        cache.keep(.secretNames([]), cost: 90, for: source("large"), at: start + .seconds(1))
        #expect(cache.cost == 100)
        #expect(cache.find(source("large"), at: start + .seconds(1)) != nil)
        cache.keep(.secretNames([]), cost: 101, for: source("huge"), at: start)
        #expect(cache.find(source("huge"), at: start) == nil, "what does not fit is not kept")
        cache.keep(.secretNames([]), cost: 20, for: source("large"), at: start)
        #expect(cache.cost == 30, "a new answer takes the place of the old")
    }
}
