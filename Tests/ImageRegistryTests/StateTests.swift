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

    @Test func boundedAndInTurn() throws {
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
        let told = gate.leave(.answered, retryAfter: nil, at: Self.start)
        #expect(told.count == 1 && told.first?.0 === first && told.first?.1 == nil)
        let result4 = gate.giveUp(first)
        #expect(result4, "it was let in before it gave up")
        let result5 = gate.giveUp(second)
        #expect(!result5)
        let result6 = gate.leave(.neutral, retryAfter: nil, at: Self.start)
        #expect(result6.isEmpty)
        let result7 = gate.leave(.answered, retryAfter: nil, at: Self.start)
        #expect(result7.isEmpty)
        #expect(gate.isIdle(at: Self.start))
    }

    @Test func openCircuitRefusesThoseWhoWait() {
        var gate = RegistryGate(host: "r", limits: .init(active: 1, waiting: 5, outages: 1, pause: .seconds(30)))
        _ = gate.enter(at: Self.start)
        _ = gate.enter(at: Self.start)
        let told = gate.leave(.outage, retryAfter: nil, at: Self.start)
        #expect(told.map { $0.1?.code } == [.registryError])
        let result8 = gate.enter(at: Self.start + .seconds(29))
        #expect(Self.refusal(result8) == .registryError)
        let result9 = gate.enter(at: Self.start + .seconds(30))
        #expect(Self.isGo(result9), "one tries")
        let result10 = gate.enter(at: Self.start + .seconds(30))
        #expect(Self.refusal(result10) == .registryError, "and no other")
        _ = gate.leave(.neutral, retryAfter: nil, at: Self.start + .seconds(31))
        let result11 = gate.enter(at: Self.start + .seconds(31))
        #expect(Self.isGo(result11), "the try told nothing")
        _ = gate.leave(.answered, retryAfter: nil, at: Self.start + .seconds(31))
        #expect(gate.isIdle(at: Self.start + .seconds(31)))
    }

    @Test func quietTime() {
        var gate = RegistryGate(host: "r", limits: .init())
        _ = gate.enter(at: Self.start)
        _ = gate.leave(.answered, retryAfter: .seconds(60), at: Self.start)
        let result12 = gate.enter(at: Self.start + .seconds(59))
        #expect(Self.refusal(result12) == .rateLimited)
        let result13 = gate.enter(at: Self.start + .seconds(60))
        #expect(Self.isGo(result13))
    }
}

@Suite struct AnswerCacheTests {
    /// Facts as most images have them.
    static func facts(_ index: Int) -> ImageFacts {
        let digest = ContentDigest.of(Array("\(index)".utf8))
        return ImageFacts(
            digest: digest,
            content: .image(
                ImageDescription(
                    digest: digest,
                    platform: Platform(os: "linux", architecture: "amd64"),
                    entrypoint: ["/usr/local/bin/server-\(index)"],
                    cmd: ["--verbose", "--listen=0.0.0.0:8080"],
                    workingDirectory: "/srv"
                )
            )
        )
    }

    @Test func credentialsTellAnswersApart() {
        var cache = AnswerCache(
            entries: 10,
            bytes: 1 << 20,
            lifetimes: .init(tag: .seconds(60), failure: .seconds(10), stale: .seconds(100))
        )
        let now = ContinuousClock.now
        let key = AnswerKey(reference: "a/b:c", credentials: "x")
        cache.keep(SharedFacts(Self.facts(1)), for: key, at: now)
        guard case .missing(nil) = cache.find(AnswerKey(reference: "a/b:c", credentials: ""), isDigest: false, at: now)
        else {
            Issue.record("served to one who may not see it")
            return
        }
    }

    /// 10,000 images by tag, each also kept by its digest.
    @Test func memoryOfTenThousandImages() {
        var cache = AnswerCache(
            entries: 20_000,
            bytes: 32 << 20,
            lifetimes: .init(tag: .seconds(60), failure: .seconds(10), stale: .seconds(100))
        )
        let now = ContinuousClock.now
        for index in 0..<10_000 {
            let shared = SharedFacts(Self.facts(index))
            let name = "registry.example.com/team/application-\(index)"
            cache.keep(shared, for: AnswerKey(reference: "\(name)@\(shared.facts.digest)", credentials: ""), at: now)
            cache.keep(shared, for: AnswerKey(reference: "\(name):v1.\(index)", credentials: ""), at: now)
        }
        #expect(cache.count == 20_000)
        // Measured alone, the process grew by 9.5 MiB.
        #expect((9 << 20)..<(20 << 20) ~= cache.bytes, "an estimate that counts shared facts twice")
    }
}
