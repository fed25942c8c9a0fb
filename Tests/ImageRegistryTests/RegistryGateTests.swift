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

    static func tickets(_ fulfilled: [(RegistryGate.Ticket, RegistryFailure?)]) -> [ObjectIdentifier] {
        fulfilled.map { ObjectIdentifier($0.0) }
    }

    @Test func lookupsAreBoundedAndQueued() throws {
        var gate = RegistryGate(host: "r", limits: .init(active: 2, waiting: 2))
        let entered = [gate.enter("a", at: Self.start), gate.enter("a", at: Self.start)]
        #expect(entered.allSatisfy(Self.isGo))
        guard case .wait(let first, nil) = gate.enter("a", at: Self.start),
            case .wait(let second, nil) = gate.enter("a", at: Self.start)
        else {
            Issue.record("not queued")
            return
        }
        let refused = gate.enter("a", at: Self.start)
        #expect(Self.refusal(refused) == .overloaded)
        let fulfilled = gate.leave("a", .answered, at: Self.start)
        #expect(Self.tickets(fulfilled) == [ObjectIdentifier(first)] && fulfilled.first?.1 == nil)
        let wasAdmitted = [gate.giveUp(first), gate.giveUp(second)]
        #expect(wasAdmitted == [true, false], "the first one was admitted before it gave up")
        let rest = [gate.leave("a", .neutral, at: Self.start), gate.leave("a", .answered, at: Self.start)]
        #expect(rest.allSatisfy { $0.isEmpty })
        #expect(gate.isIdle(at: Self.start))
    }

    @Test func namespaceWithFewestLookupsIsNext() throws {
        var gate = RegistryGate(host: "r", limits: .init(active: 2, waiting: 8))
        _ = gate.enter("many", at: Self.start)
        _ = gate.enter("many", at: Self.start)
        guard case .wait(let many, nil) = gate.enter("many", at: Self.start),
            case .wait(let few, nil) = gate.enter("few", at: Self.start)
        else {
            Issue.record("not queued")
            return
        }
        let first = gate.leave("many", .answered, at: Self.start)
        #expect(Self.tickets(first) == [ObjectIdentifier(few)])
        let second = gate.leave("many", .answered, at: Self.start)
        #expect(Self.tickets(second) == [ObjectIdentifier(many)])
    }

    @Test func fullQueueMakesRoomForANamespaceWithFewerPlaces() throws {
        var gate = RegistryGate(host: "r", limits: .init(active: 1, waiting: 3))
        _ = gate.enter("many", at: Self.start)
        var last: RegistryGate.Ticket?
        for _ in 0..<3 {
            if case .wait(let ticket, nil) = gate.enter("many", at: Self.start) { last = ticket }
        }
        let more = gate.enter("many", at: Self.start)
        #expect(Self.refusal(more) == .overloaded)
        guard case .wait(_, let displaced) = gate.enter("few", at: Self.start) else {
            Issue.record("the other namespace is not queued")
            return
        }
        #expect(displaced === last)
        let second = gate.enter("few", at: Self.start)
        #expect(Self.refusal(second) == .overloaded, "two places each would only move the shortage")
    }

    @Test func pausedGateRefusesTheQueue() {
        let circuit = RegistryCircuit.Limits(outages: 1, pause: .seconds(30))
        var gate = RegistryGate(host: "r", limits: .init(active: 1, waiting: 5, circuit: circuit))
        _ = gate.enter("a", at: Self.start)
        _ = gate.enter("b", at: Self.start)
        let fulfilled = gate.leave("a", .outage, at: Self.start)
        #expect(fulfilled.map { $0.1?.code } == [.registryError])
        let early = gate.enter("a", at: Self.start + .seconds(29))
        #expect(Self.refusal(early) == .registryError)
        let trial = gate.enter("a", at: Self.start + .seconds(30))
        #expect(Self.isGo(trial), "one look-up tries")
        let another = gate.enter("a", at: Self.start + .seconds(30))
        #expect(Self.refusal(another) == .registryError, "and no other look-up")
        _ = gate.leave("a", .neutral, at: Self.start + .seconds(31))
        let again = gate.enter("a", at: Self.start + .seconds(31))
        #expect(Self.isGo(again), "the try had no result")
        _ = gate.leave("a", .answered, at: Self.start + .seconds(31))
        #expect(gate.isIdle(at: Self.start + .seconds(31)))
    }

    @Test func retryAfterOpensTheCircuit() {
        var circuit = RegistryCircuit(host: "r", limits: .init())
        circuit.leave(.answered, retryAfter: .seconds(60), at: Self.start)
        let early = circuit.enter(at: Self.start + .seconds(59))
        #expect(early?.code == .rateLimited)
        #expect(!circuit.isClosed(at: Self.start + .seconds(59)))
        let late = circuit.enter(at: Self.start + .seconds(60))
        #expect(late == nil)
    }
}
