import PodAdmission
import Synchronization
import TestSupport
import Testing

@testable import ImageRegistry

@Suite(.timeLimit(.minutes(1))) struct RenewingStoreTests {
    /// Returns the numbers 1, 2, 3 and so on, or a failure.
    final class Numbers: Sendable {
        private let state = Mutex<(made: Int, failure: RegistryFailure?)>((0, nil))
        let results = AsyncStream.makeStream(of: Bool.self)

        var made: Int { state.withLock { $0.made } }
        func fail(_ failure: RegistryFailure?) { state.withLock { $0.failure = failure } }

        func make() -> Result<Expiring<Int>, RegistryFailure> {
            state.withLock { state in
                state.made += 1
                if let failure = state.failure { return .failure(failure) }
                return .success(Expiring(value: state.made, lifetime: .seconds(900)))
            }
        }
    }

    static func settings(_ time: ManualClock) -> CloudSettings {
        var settings = CloudSettings()
        settings.now = { time.now }
        settings.deadline = .seconds(30)
        return settings
    }

    /// Runs a store while `body` runs.
    static func run<Key, Value>(
        _ store: RenewingStore<Key, Value>,
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await store.run() }
            defer { store.stop() }
            try await body()
        }
    }

    /// The value for a key; nil if there is none.
    static func number(_ store: RenewingStore<String, Int>, _ key: String) async -> Int? {
        try? await store.value(for: key).value
    }

    @Test func valuesAreRenewedAtTwoThirdsOfTheirLifetime() async throws {
        let (time, numbers) = (ManualClock(), Numbers())
        let store = RenewingStore<String, Int>(Self.settings(time)) { _ in
            numbers.make()
        } onResult: {
            numbers.results.continuation.yield($0 == nil)
        }
        try await Self.run(store) {
            var results = numbers.results.stream.makeAsyncIterator()
            #expect(await Self.number(store, "a") == 1)
            _ = await results.next()
            time.advance(by: .seconds(599))
            let left = try await store.value(for: "a")
            #expect(left.value == 1 && left.lifetime == .seconds(241), "its lifetime minus a minute")
            #expect(numbers.made == 1)
            time.advance(by: .seconds(1))
            #expect(await Self.number(store, "a") == 1, "the old value during the renewal")
            #expect(await results.next() == true)
            #expect(await Self.number(store, "a") == 2)
            time.advance(by: .seconds(840))
            #expect(await Self.number(store, "a") == 3, "a new value, because the old one has expired")
            #expect(numbers.made == 3)
        }
    }

    @Test func failuresAreNotRetriedImmediately() async throws {
        let (time, numbers) = (ManualClock(), Numbers())
        let store = RenewingStore<String, Int>(Self.settings(time)) { _ in
            numbers.make()
        } onResult: {
            numbers.results.continuation.yield($0 == nil)
        }
        try await Self.run(store) {
            var results = numbers.results.stream.makeAsyncIterator()
            numbers.fail(RegistryFailure(.unreachable, "down"))
            for _ in 0..<3 {
                let error = await #expect(throws: RegistryFailure.self) { try await store.value(for: "a") }
                #expect(error?.code == .unreachable)
            }
            #expect(numbers.made == 1)
            _ = await results.next()
            numbers.fail(nil)
            time.advance(by: .seconds(10))
            #expect(await Self.number(store, "a") == 2)
            _ = await results.next()
            // After a failed renewal the old value stays until it expires.
            numbers.fail(RegistryFailure(.unreachable, "down"))
            time.advance(by: .seconds(600))
            for _ in 0..<3 { #expect(await Self.number(store, "a") == 2) }
            #expect(await results.next() == false)
            #expect(numbers.made == 3)
            time.advance(by: .seconds(240))
            await #expect(throws: RegistryFailure.self) { try await store.value(for: "a") }
        }
    }

    @Test func callersShareOneRequestForEachKey() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let numbers = Numbers()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let store = RenewingStore<String, Int>(Self.settings(ManualClock())) { key in
            if key == "slow" {
                begin.yield()
                for await _ in gate {}
            }
            return numbers.make()
        }
        try await Self.run(store) {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await store.value(for: "slow").value } }
                for await _ in begun { break }
                #expect(await Self.number(store, "quick") == 1, "does not wait for the other key")
                opener.finish()
                for try await number in group { #expect(number == 2) }
            }
            #expect(numbers.made == 2)
        }
    }

    @Test func deadlineAndShutdown() async throws {
        var settings = Self.settings(ManualClock())
        settings.deadline = .milliseconds(50)
        let store = RenewingStore<String, Int>(settings) { _ in
            try? await Task.sleep(for: .seconds(60))
            return .failure(RegistryFailure(.unreachable, "cancelled"))
        }
        try await Self.run(store) {
            let error = await #expect(throws: RegistryFailure.self) { try await store.value(for: "a") }
            #expect(error?.code == .deadline)
        }
        await #expect(throws: RegistryFailure.self) { try await store.value(for: "b") }
    }
}
