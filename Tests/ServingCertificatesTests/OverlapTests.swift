import Testing
import X509

@testable import ServingCertificates

/// A cluster in which everything happens as late and as often as the rules allow.
///
/// The rules are the real ones. The leader's writes reach two configurations at different times. API servers may still
/// use each caBundle that was replaced less than `settle` ago. A replica may still use a valid leaf of each earlier CA,
/// signed at the last moment.
private struct Simulation {
    let lifetimes = RotationLifetimes(leaf: day, settle: 10)
    var rotation: CertificateRotation { CertificateRotation(lifetimes: lifetimes) }
    var time = start
    var record: AuthorityRecord
    var settling = BundleSettling()
    /// The caBundles of each configuration, and the time of their replacement.
    var published: [[(bundle: [AuthorityCertificate], until: Int?)]] = [[], []]
    /// Each signing CA, and the time of its replacement.
    var signers: [(authority: SigningAuthority, until: Int?)]
    var actions: [RotationAction] = []

    init() throws {
        let current = try SigningAuthority.sample()
        record = AuthorityRecord(current: current)
        signers = [(current, nil)]
        for index in published.indices { published[index] = [([current.certificate], nil)] }
    }

    private func isRight(_ index: Int) -> Bool { published[index].last.map { Set($0.bundle) } == Set(record.bundle) }

    /// Takes one step of the leader; if it publishes, it writes the configuration `index` first.
    mutating func step(writing index: Int) throws {
        let bundles = settling.observe(
            isRight: published.indices.allSatisfy { isRight($0) },
            bundle: record.bundle,
            now: time
        )
        let action = rotation.action(.record(record, damage: []), known: record, bundles: bundles, now: time)
        if action != .nothing { actions.append(action) }
        switch action {
        case .publish:
            let target = isRight(index) ? 1 - index : index
            published[target][published[target].count - 1].until = time
            published[target].append((record.bundle, nil))
        case .stage: record = record.staged(try .sample(at: time))
        case .promote:
            record = try #require(record.promoted(at: time))
            signers[signers.count - 1].until = time
            signers.append((record.current, nil))
        case .dropPrevious: record = record.withoutPrevious()
        default: #expect(action == .nothing)
        }
    }

    /// The CAs whose leaves a replica may serve now, and the caBundles that an API server may use now.
    var inUse: (signers: [SigningAuthority], bundles: [[AuthorityCertificate]]) {
        let signers = signers.filter { $0.until.map { time <= $0 + lifetimes.leaf } ?? true }.map(\.authority)
        let bundles = published.joined().filter { $0.until.map { time <= $0 + lifetimes.settle } ?? true }.map(\.bundle)
        return (signers, bundles)
    }
}

@Suite("Overlap of the CAs")
struct OverlapTests {
    private struct Pair: Hashable {
        let signer: AuthorityCertificate
        let bundle: [AuthorityCertificate]
    }

    @Test(arguments: 0..<6) func everyLeafIsTrustedInEveryState(seed: Int) async throws {
        var random = Seeded(seed)
        var simulation = try Simulation()
        var checked: Set<Pair> = []
        var promotions = 0
        simulation.record.request = "1"
        while simulation.time < start + 3 * day {
            // The leader may change at any time; the next one has read nothing yet.
            if random.next(4) == 0 { simulation.settling.reset() }
            try simulation.step(writing: random.next(2))
            if simulation.actions.last == .promote, simulation.record.answered == "1" {
                // The second rotation starts at once, while the first CA is still trusted.
                simulation.record.request = "2"
            }
            promotions = simulation.actions.count { $0 == .promote }
            let inUse = simulation.inUse
            for signer in inUse.signers {
                for bundle in inUse.bundles {
                    guard checked.insert(Pair(signer: signer.certificate, bundle: bundle)).inserted else { continue }
                    let leaf = try signer.issue(for: [host], from: start, until: start + 4 * day)
                    let isTrusted = try await leaf.isTrusted(bundle.map(\.certificate), at: start + 60)
                    #expect(isTrusted, "after \(simulation.actions) at \(simulation.time - start) s")
                }
            }
            // Short steps during the rotations, then long steps past the end of the earlier CAs' leaves.
            simulation.time += promotions == 2 ? 1 + random.next(1800) : 1 + random.next(5)
        }
        #expect(promotions == 2)
        #expect(simulation.actions.last == .publish && simulation.record.previous.isEmpty)
        #expect(simulation.published.allSatisfy { $0.last?.bundle == [simulation.record.current.certificate] })
        // The first CA occurs with three caBundles, the second with two, and the third with two.
        #expect(checked.count == 7)
    }
}

/// Pseudorandom numbers that are the same in each run.
private struct Seeded {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }
}
