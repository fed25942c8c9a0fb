import NIOCore
import Testing

@testable import WebhookServer

@Suite("What becomes of a connection")
struct ConnectionStateTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private static func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private func state(isSurplus: Bool = false, bodyBytes: Int = 100) -> ConnectionState {
        var limits = ServerLimits()
        limits.bodyBytes = bodyBytes
        limits.headTimeout = .seconds(10)
        limits.bodyTimeout = .seconds(5)
        limits.keepAliveTimeout = .seconds(60)
        limits.lingerTimeout = .seconds(1)
        return ConnectionState(limits: limits, isSurplus: isSurplus, now: Self.start)
    }

    @Test("A request and its response move the deadline, and none runs while the answer is made")
    func movesDeadlines() {
        var state = state()
        #expect(state.deadline == Self.after(10))
        #expect(state.receivedHead(contentLength: 10, wantsClose: false, now: Self.after(2)) == .read)
        #expect(state.deadline == Self.after(7))
        #expect(state.receivedBody(bytes: 10, now: Self.after(3)) == .keep)
        #expect(state.deadline == Self.after(7), "a body's bytes buy no time")
        #expect(state.receivedEnd() == true)
        #expect(state.deadline == nil)
        #expect(state.willWriteHead(saysClose: false) == false)
        #expect(state.wroteEnd(now: Self.after(20)) == false)
        #expect(state.deadline == Self.after(80))
        #expect(state.timerFired(now: Self.after(79)) == .nothing)
        #expect(state.timerFired(now: Self.after(80)) == .abort)
    }

    @Test("A body is refused by its announcement or by its length")
    func refusesBodies() {
        var announced = state()
        #expect(announced.receivedHead(contentLength: 101, wantsClose: false, now: Self.start) == .refuse(.tooLarge))
        #expect(announced.isLingering)

        var streamed = state()
        #expect(streamed.receivedHead(contentLength: nil, wantsClose: false, now: Self.start) == .read)
        #expect(streamed.receivedBody(bytes: 100, now: Self.start) == .keep)
        #expect(streamed.receivedBody(bytes: 1, now: Self.start) == .refuse(.tooLarge))
        #expect(streamed.receivedBody(bytes: 99, now: Self.start) == .discard)
        #expect(streamed.receivedBody(bytes: 1, now: Self.start) == .abort)
        #expect(streamed.receivedEnd() == false)
        #expect(streamed.timerFired(now: Self.after(1)) == .abort)
    }

    @Test("A body that does not arrive is refused, a header that does not is not answered")
    func refusesSlowness() {
        var reading = state()
        _ = reading.receivedHead(contentLength: 10, wantsClose: false, now: Self.start)
        #expect(reading.timerFired(now: Self.after(5)) == .refuse(.tooSlow))
        #expect(reading.deadline == Self.after(6))
        var waiting = state()
        #expect(waiting.timerFired(now: Self.after(10)) == .abort)
    }

    @Test("A surplus connection gets nothing but a refusal")
    func refusesSurplus() {
        var state = state(isSurplus: true)
        #expect(state.receivedHead(contentLength: 1, wantsClose: false, now: Self.start) == .refuse(.overloaded))
    }

    enum Reason: CaseIterable { case client, response, pipeline, quiescing }

    @Test("Whatever ends a connection lets the response out first", arguments: Reason.allCases)
    func closesAfterResponse(_ reason: Reason) {
        var state = state()
        _ = state.receivedHead(contentLength: 0, wantsClose: reason == .client, now: Self.start)
        #expect(state.receivedEnd() == true)
        if reason == .pipeline {
            #expect(state.receivedHead(contentLength: 0, wantsClose: false, now: Self.start) == .discard)
            #expect(state.receivedEnd() == false)
        }
        if reason == .quiescing { #expect(state.quiesce(now: Self.start) == false) }
        #expect(state.willWriteHead(saysClose: reason == .response) == true)
        #expect(state.wroteEnd(now: Self.start) == true)
        #expect(state.isLingering)
    }

    @Test("Between requests a connection is closed at once when the server stops, in the middle of one it is not")
    func quiesces() {
        var idle = state()
        #expect(idle.quiesce(now: Self.start) == true)
        #expect(idle.deadline == Self.after(1), "and cut off where the client does not see to its end")
        var reading = state()
        _ = reading.receivedHead(contentLength: 10, wantsClose: false, now: Self.start)
        #expect(reading.quiesce(now: Self.start) == false)
    }
}

@Suite("What the server holds")
struct ServerLoadTests {
    @Test("What was refused is not held")
    func givesBack() {
        var limits = ServerLimits()
        limits.bufferedBytes = 10
        limits.admissions = 1
        limits.connections = 1
        let load = ServerLoad(limits: limits)
        #expect(load.reserve(bytes: 6))
        #expect(!load.reserve(bytes: 6))
        #expect(load.reserve(bytes: 4))
        load.release(bytes: 10)
        #expect(load.reserve(bytes: 10))
        #expect(load.beginAdmission())
        #expect(!load.beginAdmission())
        load.endAdmission()
        #expect(load.beginAdmission())
        #expect(load.openConnection())
        #expect(!load.openConnection(), "a surplus connection counts as well, since it is open")
        #expect(load.connectionCount == 2)
    }

    @Test("Responses end their connections while half of them are taken, so that idle ones leave room")
    func endsConnectionsWhenCrowded() {
        var limits = ServerLimits()
        limits.connections = 4
        let load = ServerLoad(limits: limits)
        #expect(load.openConnection() && load.openConnection())
        #expect(!load.endsConnections)
        #expect(load.openConnection())
        #expect(load.endsConnections)
        load.closeConnection()
        #expect(!load.endsConnections)
    }
}
