import NIOCore
import Testing

@testable import WebhookServer

@Suite("The state of a connection")
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

    @Test("A request and its response move the deadline; there is none while the server works on the response")
    func movesDeadlines() {
        var state = state()
        #expect(state.deadline == Self.after(10))
        #expect(state.receivedHead(contentLength: 10, wantsClose: false, now: Self.after(2)) == .read)
        #expect(state.deadline == Self.after(7))
        #expect(state.receivedBody(bytes: 10, now: Self.after(3)) == .keep)
        #expect(state.deadline == Self.after(7), "bytes of the body do not move the deadline")
        #expect(state.receivedEnd() == true)
        #expect(state.deadline == nil)
        #expect(state.willWriteHead(saysClose: false) == false)
        #expect(state.wroteEnd(now: Self.after(20)) == false)
        #expect(state.deadline == Self.after(80))
        #expect(state.timerFired(now: Self.after(79)) == .nothing)
        #expect(state.timerFired(now: Self.after(80)) == .abort)
    }

    @Test("A body is refused by its Content-Length or by its length")
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

    @Test("A body that does not arrive gets a refusal, a header that does not arrive gets no response")
    func refusesSlowness() {
        var reading = state()
        _ = reading.receivedHead(contentLength: 10, wantsClose: false, now: Self.start)
        #expect(reading.timerFired(now: Self.after(5)) == .refuse(.tooSlow))
        #expect(reading.deadline == Self.after(6))
        var waiting = state()
        #expect(waiting.timerFired(now: Self.after(10)) == .abort)
    }

    @Test("A request on a surplus connection is refused")
    func refusesSurplus() {
        var state = state(isSurplus: true)
        #expect(state.receivedHead(contentLength: 1, wantsClose: false, now: Self.start) == .refuse(.overloaded))
    }

    enum Reason: CaseIterable { case client, response, pipeline, quiescing }

    @Test("A connection ends after its response, whatever the reason", arguments: Reason.allCases)
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

    @Test("At shutdown a connection without a request is closed at once, and one with a request is not")
    func quiesces() {
        var idle = state()
        #expect(idle.quiesce(now: Self.start) == true)
        #expect(idle.deadline == Self.after(1), "it times out if the client does not close it")
        var reading = state()
        _ = reading.receivedHead(contentLength: 10, wantsClose: false, now: Self.start)
        #expect(reading.quiesce(now: Self.start) == false)
    }
}

@Suite("The load of the server")
struct ServerLoadTests {
    @Test("A refused admission is not counted")
    func givesBack() {
        var limits = ServerLimits()
        limits.admissions = 1
        let load = ServerLoad(limits: limits)
        #expect(load.beginAdmission())
        #expect(!load.beginAdmission())
        load.endAdmission()
        #expect(load.beginAdmission())
    }

    @Test("Responses end their connections while the server drains")
    func endsConnectionsWhenDraining() {
        let load = ServerLoad(limits: ServerLimits())
        #expect(!load.endsConnections)
        load.startDraining()
        #expect(load.endsConnections)
    }
}
