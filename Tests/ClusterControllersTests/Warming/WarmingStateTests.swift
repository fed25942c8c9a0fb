import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The state of the cache warmer")
struct WarmingStateTests {
    private static func workload(_ name: String, generation: Int = 1, _ images: [String]) throws -> WarmedWorkload {
        let object = Workloads.object(name, generation: generation, Workloads.spec(images))
        return try #require(WarmedWorkload(object, kind: WarmedKind.all[0]))
    }

    private static func images(_ entries: some Sequence<WarmingEntry>) -> [String] { entries.map(\.image) }

    @Test("Each generation of a workload is looked up once, by list or by watch")
    func once() throws {
        var state = WarmingState()
        let kind = WarmedKind.all[0]
        let (web, db) = (try Self.workload("web", ["web:1"]), try Self.workload("db", ["db:1"]))
        #expect(Self.images(state.take([web], of: kind)?.entries ?? []) == ["web:1"])
        #expect(state.take(web).isEmpty, "only its status changed")
        #expect(Self.images(state.take(db)) == ["db:1"], "a new workload")
        #expect(state.take([web, db], of: kind) == nil, "a list after an outage without new workloads")
        let changed = try Self.workload("web", generation: 2, ["web:2"])
        #expect(Self.images(state.take(changed)) == ["web:2"])
        state.forget(db.identity)
        #expect(
            Self.images(state.take([changed, db], of: kind)?.entries ?? []) == ["db:1"],
            "deleted and created again"
        )
    }

    @Test("The first list of a kind is reported even if it is empty")
    func first() throws {
        var state = WarmingState()
        for kind in WarmedKind.all {
            #expect(state.take([], of: kind) == WarmingBatch(kind: kind, isFirst: true))
            #expect(state.take([], of: kind) == nil)
        }
    }

    @Test("The number of distinct images of lists that wait is limited")
    func bounded() throws {
        var state = WarmingState(listedLimit: 3)
        let (deployments, jobs) = (WarmedKind.all[0], WarmedKind.all[4])
        let first = try #require(
            state.take([try Self.workload("a", ["1", "2"]), try Self.workload("b", ["1", "22"])], of: deployments)
        )
        #expect(Self.images(first.entries) == ["1", "2", "22"])
        let second = try #require(
            state.take([try Self.workload("c", ["1", "3"]), try Self.workload("d", ["3"])], of: jobs)
        )
        #expect(second.entries.isEmpty)
        #expect(Self.images(second.leftOut) == ["3"], "an image that waits already is not left out")
        #expect(second.workloads == 2)
        state.finish(first)
        #expect(Self.images(state.take([try Self.workload("e", ["3"])], of: jobs)?.entries ?? []) == ["3"])
    }

    @Test("The number of known workloads is limited; the least recently seen are forgotten")
    func remembered() throws {
        var state = WarmingState(knownLimit: 4)
        let seen = try Self.workload("seen", ["1"])
        #expect(!state.take(seen).isEmpty)
        for index in 0..<20 {
            #expect(!state.take(try Self.workload("\(index)", ["2"])).isEmpty)
            #expect(state.take(seen).isEmpty)
        }
        #expect(!state.take(try Self.workload("0", ["2"])).isEmpty, "it was forgotten and is looked up again")
    }
}
