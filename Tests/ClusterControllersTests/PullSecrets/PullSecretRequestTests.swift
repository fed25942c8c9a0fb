import ImageRegistry
import JSON
import KubernetesAPI
import PodAdmission
import Synchronization
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("Concurrent reads of one pull secret", .timeLimit(.minutes(1)))
struct PullSecretRequestTests {
    static let query = PullSecretsQuery(namespace: "shop", imagePullSecrets: ["a"])

    /// Requests that wait until the test opens the gate, or until they are cancelled.
    final class Gate: Sendable {
        let asked = Mutex(0)
        private let (opened, opening) = AsyncStream.makeStream(of: Void.self)

        func open() { opening.finish() }

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

    @Test func callersShareARequest() async throws {
        let gate = Gate()
        try await gate.run { reader in
            await withTaskGroup(of: Int.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        await reader.credentials(Self.query, deadline: PullSecretTests.later()).secrets.count
                    }
                }
                while gate.asked.withLock({ $0 }) == 0 { await Task.yield() }
                gate.open()
                for await count in group { #expect(count == 1) }
            }
        }
        #expect(gate.asked.withLock { $0 } == 1)
    }

    @Test func aCancelledCallerDoesNotCancelTheRequest() async throws {
        let gate = Gate()
        try await gate.run { reader in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let found = await reader.credentials(Self.query, deadline: PullSecretTests.later())
                    #expect(found.unread == ["secret a: not read in time"])
                }
                while gate.asked.withLock({ $0 }) == 0 { await Task.yield() }
                // Cancels the caller, like an admission whose client disconnects.
                group.cancelAll()
            }
            gate.open()
            #expect(await reader.credentials(Self.query, deadline: PullSecretTests.later()).secrets.count == 1)
        }
        #expect(gate.asked.withLock { $0 } == 1, "the second caller shares the request of the first")
    }

    @Test func returnsAtTheDeadline() async throws {
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
        cache.insert(.unusable(.missing), cost: 10, for: source("soon"), at: start)
        for name in ["a", "b", "c"] { cache.insert(.secretNames([]), cost: 10, for: source(name), at: start) }
        #expect(cache.count == 3)
        #expect(cache.find(source("soon"), at: start) == nil, "the entry that expires first is removed first")
        cache.insert(.secretNames([]), cost: 90, for: source("large"), at: start + .seconds(1))
        #expect(cache.cost == 100)
        #expect(cache.find(source("large"), at: start + .seconds(1)) != nil)
        cache.insert(.secretNames([]), cost: 101, for: source("huge"), at: start)
        #expect(cache.find(source("huge"), at: start) == nil, "an entry above the limit is not stored")
        cache.insert(.secretNames([]), cost: 20, for: source("large"), at: start)
        #expect(cache.cost == 30, "a new result replaces the old one")
    }
}
