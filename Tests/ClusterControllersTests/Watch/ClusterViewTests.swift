import KubernetesAPI
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("What the watches told of a cluster")
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

    @Test("Nothing is known before the first lists, of any part")
    func waiting() {
        var view = ClusterView()
        #expect(view.missing == ClusterView.Part.allCases)
        view.apply(.connected, to: .runtimeClasses, at: Self.start)
        #expect(view.missing == ClusterView.Part.allCases, "an answer that is no list")
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
        "During an outage",
        arguments: [
            Row(why: "none", lost: [], after: 9999, runtimeClasses: ["w": known]),
            Row(why: "a short one", lost: [.runtimeClasses, .nodes], after: 59, runtimeClasses: ["w": known]),
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

    @Test("A second outage begins anew, and one that goes on does not")
    func secondOutage() {
        var view = Self.view()
        view.apply(Self.lost, to: .runtimeClasses, at: Self.start)
        view.apply(Self.lost, to: .runtimeClasses, at: Self.start + .seconds(50))
        #expect(view.knowledge(at: Self.start + .seconds(60)).runtimeClasses == nil)
        view.apply(.connected, to: .runtimeClasses, at: Self.start + .seconds(70))
        view.apply(Self.lost, to: .runtimeClasses, at: Self.start + .seconds(80))
        #expect(view.knowledge(at: Self.start + .seconds(139)).runtimeClasses != nil)
    }

    @Test("Changes and removals count")
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

    @Test("Labels of namespaces stay known however long an outage is")
    func namespacesInOutage() {
        var view = Self.view()
        view.apply(Self.lost, to: .namespaces, at: Self.start)
        #expect(view.namespaces.find("shop", at: Self.start + .seconds(99_999)) == .known(["team": "a"]))
    }

    @Test("An answer about one namespace counts for a while, until the watch tells of it")
    func askedNamespaces() {
        var namespaces = NamespaceLabels()
        namespaces.keep("new", labels: ["a": "1"], at: Self.start)
        #expect(namespaces.find("new", at: Self.start + .seconds(29)) == .known(["a": "1"]))
        #expect(namespaces.find("new", at: Self.start + .seconds(30)) == .old(["a": "1"]))
        namespaces.set("new", labels: ["a": "2"])
        namespaces.keep("new", labels: ["a": "1"], at: Self.start)
        #expect(namespaces.find("new", at: Self.start) == .known(["a": "2"]), "the watch knows better")
        namespaces.set("new", labels: nil)
        #expect(namespaces.find("new", at: Self.start) == .unknown)
        namespaces.keep("new", labels: [:], at: Self.start)
        namespaces.replace(with: [:])
        #expect(namespaces.find("new", at: Self.start) == .unknown)
    }
}
