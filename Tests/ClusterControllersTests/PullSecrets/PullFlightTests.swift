import ImageRegistry
import JSON
import KubernetesAPI
import PodAdmission
import Synchronization
import Testing
import WebhookServer

@testable import ClusterControllers

@Suite("Pull secrets that many want")
struct PullFlightTests {
    static let query = PullSecretsQuery(namespace: "shop", imagePullSecrets: ["a"])
    static let source = PullSource.secret(namespace: "shop", name: "a")

    /// Requests that wait until the test lets them go, or until they are cancelled.
    final class Gate: Sendable {
        let asked = Mutex(0)
        private let (opened, open) = AsyncStream.makeStream(of: Void.self)

        func letGo() { open.finish() }

        func get() async throws(KubernetesAPIError) -> JSONValue {
            let number = asked.withLock { count in
                count += 1
                return count
            }
            // The first waits; whoever comes after it gets an answer at once.
            if number == 1 { for await _ in opened {} }
            if Task.isCancelled { throw KubernetesAPIError(.timeout, "cut off") }
            do { return try PullSecretTests.secret("a.example").get() } catch { throw error }
        }

        func reader(sleepUntil: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void) -> PullSecretReader
        {
            PullSecretReader(get: { _ throws(KubernetesAPIError) in try await self.get() }, sleepUntil: sleepUntil)
        }
    }

    /// Goes on when so many wait for the request of somebody else.
    static func wait(for waiting: Int, _ reader: PullSecretReader) async {
        while reader.state.withLock({ $0.flights[source]?.count }) != waiting { await Task.yield() }
    }

    @Test func oneRequestForAll() async {
        let gate = Gate()
        let reader = gate.reader { try await Task.sleep(until: $0, clock: .continuous) }
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<5 {
                group.addTask { await reader.credentials(Self.query, deadline: PullSecretTests.later()).secrets.count }
            }
            await Self.wait(for: 4, reader)
            gate.letGo()
            for await count in group { #expect(count == 1) }
        }
        #expect(gate.asked.withLock { $0 } == 1)
    }

    @Test func whoGivesUpTakesNobodyAlong() async {
        let gate = Gate()
        let reader = gate.reader { try await Task.sleep(until: $0, clock: .continuous) }
        await withTaskGroup(of: Void.self) { group in
            let (starts, start) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                // Cancelled as an admission is whose client has gone.
                await withTaskGroup(of: Void.self) { first in
                    first.addTask {
                        let found = await reader.credentials(Self.query, deadline: PullSecretTests.later())
                        #expect(found.unread == ["secret a: not read in time"])
                    }
                    for await _ in starts { break }
                    first.cancelAll()
                }
            }
            await Self.wait(for: 0, reader)
            group.addTask {
                #expect(await reader.credentials(Self.query, deadline: PullSecretTests.later()).secrets.count == 1)
            }
            await Self.wait(for: 1, reader)
            start.yield()
        }
        #expect(gate.asked.withLock { $0 } == 2, "the second makes a request of its own")
        #expect(reader.state.withLock { $0.flights.isEmpty })
    }

    @Test func theDeadlineEndsTheWaiting() async {
        let gate = Gate()
        let reader = gate.reader { _ in }
        let found = await reader.credentials(Self.query, deadline: .now)
        #expect(found.secrets.isEmpty)
        #expect(found.unread == ["secret a: not read in time"])
        #expect(reader.state.withLock { $0.flights.isEmpty }, "the request is cut off, and the next may try")
        #expect(reader.state.withLock { $0.cache.count } == 0, "nothing was learnt")
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
