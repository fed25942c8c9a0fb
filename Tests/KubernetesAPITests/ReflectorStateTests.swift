import Basics
import Testing

@testable import KubernetesAPI

@Suite struct ReflectorStateTests {
    static let down = KubernetesAPIError(.unreachable, "down")

    static func listed(_ version: String) -> ReflectorState {
        var state = ReflectorState()
        _ = state.listed(version: version)
        return state
    }

    @Test func itListsFirstAndWatchesFromThere() {
        var state = ReflectorState()
        #expect(state.action(chance: 0) == .list(after: .zero))
        #expect(state.listed(version: "5") == nil, "there was no outage")
        #expect(state.action(chance: 0) == .watch(after: .zero, version: "5", seconds: 300))
        #expect(state.action(chance: 1) == .watch(after: .zero, version: "5", seconds: 600))
    }

    @Test func aWatchContinuesFromTheLastVersion() {
        var state = Self.listed("5")
        #expect(state.watching() == nil)
        state.observed(version: "6")
        state.observed(version: "9")
        state.ended(after: .zero, chance: 0)
        #expect(state.action(chance: 0) == .watch(after: .zero, version: "9", seconds: 300))
        _ = state.watching()
        state.ended(after: .seconds(300), chance: 0)
        #expect(
            state.action(chance: 0) == .watch(after: .zero, version: "9", seconds: 300),
            "also after a watch without events"
        )
    }

    @Test func watchesThatEndAtOnceArePaused() {
        var state = Self.listed("5")
        var pauses: [Duration] = []
        for _ in 0..<4 {
            _ = state.watching()
            state.ended(after: .milliseconds(10), chance: 0)
            if case .watch(let pause, "5", _) = state.action(chance: 0) { pauses.append(pause) }
        }
        #expect(pauses == [.seconds(0.5), .seconds(1), .seconds(2), .seconds(4)])
        _ = state.watching()
        state.observed(version: "6")
        state.ended(after: .milliseconds(10), chance: 0)
        #expect(state.action(chance: 0) == .watch(after: .zero, version: "6", seconds: 300))
    }

    @Test func anExpiredVersionListsAtOnceAndTheSecondTimeAfterAPause() {
        var state = Self.listed("5")
        state.expired(chance: 0)
        #expect(state.action(chance: 0) == .list(after: .zero))
        #expect(state.listed(version: "6") == nil, "an expired version is not an outage")
        state.expired(chance: 0)
        #expect(state.action(chance: 0) == .list(after: .seconds(1)))
    }

    @Test func anOutageIsReportedOnce() {
        var state = Self.listed("5")
        #expect(state.failed(Self.down, chance: 0) == .disconnected(Self.down))
        #expect(
            state.action(chance: 0) == .watch(after: .seconds(0.5), version: "5", seconds: 300),
            "it does not list again"
        )
        #expect(state.failed(Self.down, chance: 1) == nil)
        #expect(state.action(chance: 0) == .watch(after: .seconds(2), version: "5", seconds: 300))
        #expect(state.watching() == .connected)
        #expect(state.watching() == nil)
        #expect(state.failed(Self.down, chance: 0) == .disconnected(Self.down))
        #expect(state.listed(version: "8") == .connected)
    }

    @Test func invalidDataListsAgain() {
        var state = Self.listed("5")
        #expect(state.broken(Self.down, chance: 0) == .disconnected(Self.down))
        #expect(state.action(chance: 0) == .list(after: .seconds(0.5)))
    }

    @Test(arguments: [(7, 7.0), (3600, 60), (0, 0.5)])
    func retryAfterSetsThePauseUpToAMinute(asked: Int, expected: Double) {
        var state = ReflectorState()
        _ = state.failed(KubernetesAPIError(.tooManyRequests, "", retryAfter: .seconds(asked)), chance: 0)
        #expect(state.action(chance: 0) == .list(after: .seconds(expected)))
    }

    @Test(arguments: [
        (#"{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}"#, true, "a created object"),
        (#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"2"}}}"#, true, "a bookmark"),
        (#"{"type":"ERROR","object":{"code":410,"reason":"Expired"}}"#, true, "an error"),
        (#"{"type":"ADDED","object":{"metadata":{}}}"#, false, "no resource version"),
        (#"{"type":"ADDED","object":{"metadata":{"resourceVersion":""}}}"#, false, "an empty resource version"),
        (#"{"type":"ADDED"}"#, false, "no object"),
        (#"{"type":"MOVED","object":{"metadata":{"resourceVersion":"1"}}}"#, false, "an unknown type"),
        (#"[]"#, false, "not an event"),
        (#"{"type":"ADDED","obj"#, false, "half a line"),
    ])
    func linesOfAWatch(line: String, isEvent: Bool, reason: String) {
        #expect(((try? WatchEvent(line: Array(line.utf8), subject: "x")) != nil) == isEvent, "\(reason)")
    }

    @Test func anErrorEventIsReadFromItsStatus() throws {
        let line = #"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#
        guard case .failed(let error) = try WatchEvent(line: Array(line.utf8), subject: "x") else {
            Issue.record("expected an error")
            return
        }
        #expect(error.code == .gone)
        #expect(error.serverMessage == "too old")
    }
}
