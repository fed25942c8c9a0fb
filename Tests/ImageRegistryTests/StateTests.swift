import PodAdmission
import Testing

@testable import ImageRegistry

@Suite struct LRUTests {
    @Test func oldestGoesFirst() {
        var cache = LRU<Int, String>(entries: 3)
        for key in 0..<3 { cache.insert("\(key)", for: key) }
        #expect(cache.value(for: 0) == "0")
        cache.insert("3", for: 3)
        #expect(cache.value(for: 1) == nil, "used longest ago")
        #expect([0, 2, 3].allSatisfy { cache.value(for: $0) == "\($0)" })
        cache.insert("new", for: 0)
        #expect(cache.count == 3 && cache.value(for: 0) == "new")
    }

    @Test func costIsBounded() {
        var cache = LRU<Int, Int>(entries: 100, cost: 10)
        for key in 0..<5 { cache.insert(key, for: key, cost: 4) }
        #expect(cache.count == 2 && cache.cost == 8)
        cache.insert(9, for: 9, cost: 11)
        #expect(cache.value(for: 9) == nil && cache.count == 2, "larger than all of it")
    }

    /// The same operations on a slow and obvious model.
    @Test func againstAModel() {
        var random = SystemRandomNumberGenerator()
        var cache = LRU<Int, Int>(entries: 8)
        var model: [(key: Int, value: Int)] = []
        for step in 0..<5000 {
            let key = Int.random(in: 0..<16, using: &random)
            let index = model.firstIndex { $0.key == key }
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                #expect(cache.value(for: key) == index.map { model[$0].value })
                if let index { model.append(model.remove(at: index)) }
            case 1:
                cache.insert(step, for: key)
                if let index { model.remove(at: index) }
                model.append((key, step))
                if model.count > 8 { model.removeFirst() }
            default:
                cache.remove(key)
                if let index { model.remove(at: index) }
            }
            #expect(cache.count == model.count)
        }
    }
}

@Suite struct OneShotTests {
    @Test func firstValueCounts() async {
        let shot = OneShot<Int>()
        async let waiting = shot.value()
        shot.fulfill(1)
        shot.fulfill(2)
        #expect(await waiting == 1)
        #expect(await shot.value() == 1)
    }

    @Test func cancelledWaiterGoesOnAlone() async {
        let shot = OneShot<Int>()
        await withTaskGroup(of: Int?.self) { group in
            group.addTask { await shot.value() }
            group.cancelAll()
            #expect(await group.next() == .some(nil))
        }
        shot.fulfill(7)
        #expect(await shot.value() == 7)
    }
}

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
                ImageManifest(
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

@Suite("A map that forgets")
struct ForgettingMapTests {
    @Test("It never holds more than its limit, and keeps what is used")
    func bounds() {
        var map = LRU<Int, Int>(entries: 10)
        for number in 0..<1000 {
            map.insert(number, for: number)
            #expect(map.value(for: 0) == 0)
            #expect(map.count <= 10)
        }
        #expect(map.value(for: 999) == 999)
        #expect(map.value(for: 900) == nil)
    }

    @Test("At least the newest half is there")
    func newestHalf() {
        var map = LRU<Int, Int>(entries: 10)
        for number in 0..<100 {
            map.insert(number, for: number)
            for recent in max(0, number - 4)...number { #expect(map.value(for: recent) == recent) }
        }
    }

    @Test("An entry set again is one entry, and one removed is none")
    func oneEach() {
        var map = LRU<Int, Int>(entries: 4)
        for number in 0..<4 { map.insert(number, for: number) }
        map.insert(9, for: 0)
        #expect(map.value(for: 0) == 9)
        map.remove(0)
        #expect(map.value(for: 0) == nil)
    }
}
