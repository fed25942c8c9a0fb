import KubernetesAPI
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The view of a cluster that the watches give")
struct ClusterViewTests {
    static let start = ContinuousClock.now
    private static let lost = Reflector.Event.disconnected(KubernetesAPIError(.unreachable, "gone"))

    private static func view() -> ClusterView {
        var view = ClusterView()
        view.apply(.replaced([Objects.runtimeClass("w", ["runtime": "wasm"])]), to: .runtimeClasses, at: start)
        view.apply(.replaced([Objects.metadata("n1", ["runtime": "wasm"])]), to: .nodes, at: start)
        view.apply(.replaced([Objects.metadata("shop", ["team": "a"])]), to: .namespaces, at: start)
        return view
    }

    @Test("Without the first list of a part nothing of it is known")
    func waiting() {
        var view = ClusterView()
        #expect(view.missing == ClusterView.Part.allCases)
        view.apply(.connected, to: .runtimeClasses, at: Self.start)
        #expect(view.missing == ClusterView.Part.allCases, "connected, but no list yet")
        view.apply(.replaced([Objects.runtimeClass("w")]), to: .runtimeClasses, at: Self.start)
        #expect(view.missing == [.nodes, .namespaces])
        #expect(view.knowledge(at: Self.start).runtimeClasses == ["w": .init(matchingNodes: nil)])
        view.apply(.replaced([]), to: .nodes, at: Self.start)
        #expect(view.knowledge(at: Self.start).runtimeClasses == ["w": .init(matchingNodes: 0)])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        let lost: [ClusterView.Part]
        let after: Int
        let runtimeClasses: [String: ClusterKnowledge.RuntimeClass]?
        var testDescription: String { why }
    }

    private static let known = ClusterKnowledge.RuntimeClass(nodeSelector: ["runtime": "wasm"], matchingNodes: 1)
    private static let uncounted = ClusterKnowledge.RuntimeClass(nodeSelector: ["runtime": "wasm"])

    @Test(
        "What is known during an outage",
        arguments: [
            Row(why: "no outage", lost: [], after: 9999, runtimeClasses: ["w": known]),
            Row(why: "a short outage", lost: [.runtimeClasses, .nodes], after: 59, runtimeClasses: ["w": known]),
            Row(why: "a minute without nodes", lost: [.nodes], after: 60, runtimeClasses: ["w": uncounted]),
            Row(why: "a minute without classes", lost: [.runtimeClasses], after: 60, runtimeClasses: nil),
        ]
    )
    func outages(row: Row) {
        var view = Self.view()
        for part in row.lost { view.apply(Self.lost, to: part, at: Self.start) }
        let later = Self.start + .seconds(row.after)
        #expect(view.knowledge(at: later).runtimeClasses == row.runtimeClasses)
        #expect(view.missing.isEmpty)
        for part in row.lost { view.apply(.connected, to: part, at: later) }
        #expect(view.knowledge(at: later).runtimeClasses == ["w": Self.known], "the API server answers again")
    }

    @Test("The grace period starts again with a new outage, and not with a repeated report of the same one")
    func secondOutage() {
        var view = Self.view()
        view.apply(Self.lost, to: .runtimeClasses, at: Self.start)
        view.apply(Self.lost, to: .runtimeClasses, at: Self.start + .seconds(50))
        #expect(view.knowledge(at: Self.start + .seconds(60)).runtimeClasses == nil)
        view.apply(.connected, to: .runtimeClasses, at: Self.start + .seconds(70))
        view.apply(Self.lost, to: .runtimeClasses, at: Self.start + .seconds(80))
        #expect(view.knowledge(at: Self.start + .seconds(139)).runtimeClasses != nil)
    }

    @Test("Changes and removals are applied")
    func changes() {
        var view = Self.view()
        view.apply(.changed(Objects.metadata("n2", ["runtime": "wasm"])), to: .nodes, at: Self.start)
        #expect(view.knowledge(at: Self.start).runtimeClasses?["w"]?.matchingNodes == 2)
        view.apply(.removed(Objects.metadata("n1", ["runtime": "wasm"])), to: .nodes, at: Self.start)
        #expect(view.knowledge(at: Self.start).runtimeClasses?["w"]?.matchingNodes == 1)
        view.apply(.changed(Objects.runtimeClass("w")), to: .runtimeClasses, at: Self.start)
        #expect(view.knowledge(at: Self.start).runtimeClasses?["w"]?.nodeSelector == [:])
        view.apply(.removed(Objects.runtimeClass("w")), to: .runtimeClasses, at: Self.start)
        #expect(view.knowledge(at: Self.start).runtimeClasses == [:])
        view.apply(.removed(Objects.metadata("shop")), to: .namespaces, at: Self.start)
        #expect(view.namespaces.find("shop", at: Self.start) == .unknown)
    }

    @Test("Labels of namespaces stay known during an outage of any length")
    func namespacesInOutage() {
        var view = Self.view()
        view.apply(Self.lost, to: .namespaces, at: Self.start)
        #expect(view.namespaces.find("shop", at: Self.start + .seconds(99_999)) == .fresh(["team": "a"]))
    }

    @Test("Fetched labels are fresh for 30 seconds, until the watch reports the namespace")
    func fetchedNamespaces() {
        var namespaces = NamespaceLabels()
        namespaces.store(["a": "1"], of: "new", at: Self.start)
        #expect(namespaces.find("new", at: Self.start + .seconds(29)) == .fresh(["a": "1"]))
        #expect(namespaces.find("new", at: Self.start + .seconds(30)) == .stale(["a": "1"]))
        namespaces.set("new", labels: ["a": "2"])
        namespaces.store(["a": "1"], of: "new", at: Self.start)
        #expect(namespaces.find("new", at: Self.start) == .fresh(["a": "2"]), "labels from the watch have precedence")
        namespaces.set("new", labels: nil)
        #expect(namespaces.find("new", at: Self.start) == .unknown)
        namespaces.store([:], of: "new", at: Self.start)
        namespaces.replace(with: [:])
        #expect(namespaces.find("new", at: Self.start) == .unknown)
    }
}
