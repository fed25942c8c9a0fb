import Basics
import PodAdmission
import Testing

@testable import ImageRegistry

@Suite struct RegistryGateTests {
    static let start = ContinuousClock.now

    static func isGo(_ entry: RegistryGate.Entry) -> Bool {
        if case .go = entry { true } else { false }
    }
    static func refusal(_ entry: RegistryGate.Entry) -> UnresolvedReason.Code? {
        if case .refused(let failure) = entry { failure.code } else { nil }
    }

    @Test func lookupsAreBoundedAndQueued() throws {
        var gate = RegistryGate(host: "r", limits: .init(active: 2, waiting: 2))
        let result1 = gate.enter(at: Self.start)
        let result2 = gate.enter(at: Self.start)
        #expect(Self.isGo(result1) && Self.isGo(result2))
        guard case .wait(let first) = gate.enter(at: Self.start), case .wait(let second) = gate.enter(at: Self.start)
        else {
            Issue.record("not queued")
            return
        }
        let result3 = gate.enter(at: Self.start)
        #expect(Self.refusal(result3) == .overloaded)
        let fulfilled = gate.leave(.answered, retryAfter: nil, at: Self.start)
        #expect(fulfilled.count == 1 && fulfilled.first?.0 === first && fulfilled.first?.1 == nil)
        let result4 = gate.giveUp(first)
        #expect(result4, "it was admitted before it gave up")
        let result5 = gate.giveUp(second)
        #expect(!result5)
        let result6 = gate.leave(.neutral, retryAfter: nil, at: Self.start)
        #expect(result6.isEmpty)
        let result7 = gate.leave(.answered, retryAfter: nil, at: Self.start)
        #expect(result7.isEmpty)
        #expect(gate.isIdle(at: Self.start))
    }

    @Test func pausedGateRefusesTheQueue() {
        var gate = RegistryGate(host: "r", limits: .init(active: 1, waiting: 5, outages: 1, pause: .seconds(30)))
        _ = gate.enter(at: Self.start)
        _ = gate.enter(at: Self.start)
        let fulfilled = gate.leave(.outage, retryAfter: nil, at: Self.start)
        #expect(fulfilled.map { $0.1?.code } == [.registryError])
        let result8 = gate.enter(at: Self.start + .seconds(29))
        #expect(Self.refusal(result8) == .registryError)
        let result9 = gate.enter(at: Self.start + .seconds(30))
        #expect(Self.isGo(result9), "one look-up tries")
        let result10 = gate.enter(at: Self.start + .seconds(30))
        #expect(Self.refusal(result10) == .registryError, "and no other look-up")
        _ = gate.leave(.neutral, retryAfter: nil, at: Self.start + .seconds(31))
        let result11 = gate.enter(at: Self.start + .seconds(31))
        #expect(Self.isGo(result11), "the try had no result")
        _ = gate.leave(.answered, retryAfter: nil, at: Self.start + .seconds(31))
        #expect(gate.isIdle(at: Self.start + .seconds(31)))
    }

    @Test func retryAfterClosesTheGate() {
        var gate = RegistryGate(host: "r", limits: .init())
        _ = gate.enter(at: Self.start)
        _ = gate.leave(.answered, retryAfter: .seconds(60), at: Self.start)
        let result12 = gate.enter(at: Self.start + .seconds(59))
        #expect(Self.refusal(result12) == .rateLimited)
        let result13 = gate.enter(at: Self.start + .seconds(60))
        #expect(Self.isGo(result13))
    }
}
