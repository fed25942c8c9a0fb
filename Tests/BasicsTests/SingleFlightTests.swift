import Basics
import Testing

@Suite(.timeLimit(.minutes(1))) struct SingleFlightTests {
    typealias Flights = SingleFlight<String, Promise<Int>, Int>

    /// Runs jobs that wait for the promise in their input; -1 is the result of a cancelled job, -2 of a dropped one.
    static func run(_ flights: Flights, _ body: () async throws -> Void) async rethrows {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await flights.run({ _, input in await input.value() ?? -1 }, abandoned: { _ in -2 }) }
            defer { flights.stop() }
            try await body()
        }
    }

    @Test func callersShareOneJob() async throws {
        let flights = Flights()
        try await Self.run(flights) {
            let (first, second) = (Promise<Int>(), Promise<Int>())
            let job = try #require(flights.join("a", first))
            let same = try #require(flights.join("a", second))
            first.fulfill(1)
            #expect(await job.value() == 1)
            #expect(await same.value() == 1)
            #expect(flights.pending(for: "a") == nil)
        }
    }

    @Test func fullShareDropsItsOwnAbandonedJob() async throws {
        let flights = Flights(limit: 10, shareLimit: 2)
        try await Self.run(flights) {
            let other = try #require(flights.join("other", Promise(), share: "b"))
            let oldest = try #require(flights.join("1", Promise(), share: "a"))
            _ = try #require(flights.join("2", Promise(), share: "a"))
            let third = Promise<Int>()
            let job = try #require(flights.join("3", third, share: "a"))
            #expect(await oldest.value() == -2, "nobody waited for it")
            #expect(flights.pending(for: "1") == nil)
            #expect(flights.pending(for: "2") != nil && flights.pending(for: "other") != nil)
            third.fulfill(3)
            #expect(await job.value() == 3)
            _ = other
        }
    }

    @Test func jobThatSomebodyWaitsForStays() async throws {
        let flights = Flights(limit: 1)
        try await Self.run(flights) {
            let input = Promise<Int>()
            let job = try #require(flights.join("a", input))
            async let result = job.value()
            while job.isAbandoned { await Task.yield() }
            #expect(flights.join("b", Promise()) == nil, "there is no place")
            input.fulfill(1)
            #expect(await result == 1)
            while flights.pending(for: "a") != nil { await Task.yield() }
            #expect(flights.join("b", Promise()) != nil, "the place is free")
        }
    }

    @Test func droppedJobDoesNotRemoveItsSuccessor() async throws {
        let flights = Flights(limit: 1)
        try await Self.run(flights) {
            let dropped = try #require(flights.join("a", Promise()))
            _ = try #require(flights.join("b", Promise()))
            let input = Promise<Int>()
            let successor = try #require(flights.join("a", input))
            #expect(await dropped.value() == -2)
            #expect(flights.pending(for: "a")?.start == successor.start)
            input.fulfill(7)
            #expect(await successor.value() == 7)
        }
    }
}
