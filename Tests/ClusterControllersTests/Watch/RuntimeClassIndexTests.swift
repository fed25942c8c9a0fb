import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The number of nodes of each runtime class")
struct RuntimeClassIndexTests {
    private static let wasm = ["runtime": "wasm"]
    private static let zoned = ["runtime": "wasm", "zone": "a"]

    private static func numbers(_ index: RuntimeClassIndex) -> [String: Int?] {
        index.classes.mapValues(\.matchingNodes)
    }

    enum Change: Sendable {
        case node(String, [String: String]?)
        case nodes([String: [String: String]])
        case runtimeClass(String, [String: String])
        case classes([String: [String: String]])
        case noClass(String)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        let changes: [Change]
        let numbers: [String: Int?]
        var testDescription: String { why }
    }

    @Test(
        "A series of changes",
        arguments: [
            Row(
                why: "a class without a node selector matches all nodes",
                changes: [.runtimeClass("any", [:]), .nodes(["n1": [:], "n2": wasm])],
                numbers: ["any": 2]
            ),
            Row(
                why: "a class after the nodes",
                changes: [.nodes(["n1": wasm, "n2": zoned, "n3": [:]]), .runtimeClass("w", wasm)],
                numbers: ["w": 2]
            ),
            Row(
                why: "a class before the nodes",
                changes: [.runtimeClass("w", wasm), .nodes(["n1": wasm, "n2": zoned, "n3": [:]])],
                numbers: ["w": 2]
            ),
            Row(
                why: "a node needs every label of the selector",
                changes: [.classes(["w": wasm, "z": zoned]), .node("n1", wasm), .node("n2", zoned)],
                numbers: ["w": 2, "z": 1]
            ),
            Row(
                why: "a label with another value does not match",
                changes: [.classes(["z": zoned]), .node("n1", ["runtime": "wasm", "zone": "b"])],
                numbers: ["z": 0]
            ),
            Row(
                why: "a node that is reported twice counts once",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", wasm)],
                numbers: ["w": 1]
            ),
            Row(
                why: "a node loses its label",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", [:])],
                numbers: ["w": 0]
            ),
            Row(
                why: "a node gains a label that the class does not select",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", zoned)],
                numbers: ["w": 1]
            ),
            Row(
                why: "a node is removed, and the removal is reported twice",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", nil), .node("n1", nil)],
                numbers: ["w": 0]
            ),
            Row(
                why: "a new list without a node",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .nodes(["n2": [:]])],
                numbers: ["w": 0]
            ),
            Row(
                why: "a class changes its selector",
                changes: [.node("n1", wasm), .runtimeClass("c", wasm), .runtimeClass("c", zoned)],
                numbers: ["c": 0]
            ),
            Row(
                why: "classes are removed, by a list and by a change",
                changes: [.classes(["a": [:], "b": [:], "c": [:]]), .classes(["a": [:], "b": [:]]), .noClass("b")],
                numbers: ["a": 0]
            ),
        ]
    )
    func histories(row: Row) {
        var index = RuntimeClassIndex()
        for change in row.changes {
            switch change {
            case .node(let name, let labels): index.setNode(name, labels: labels)
            case .nodes(let nodes): index.replaceNodes(with: nodes)
            case .runtimeClass(let name, let selector): index.setClass(name, nodeSelector: selector)
            case .classes(let selectors): index.replaceClasses(with: selectors)
            case .noClass(let name): index.removeClass(name)
            }
        }
        #expect(Self.numbers(index) == row.numbers)
    }

    @Test("After random changes the numbers equal a count from scratch")
    func randomHistories() {
        var random = SeededGenerator(state: 42)
        var index = RuntimeClassIndex()
        var nodes: [String: [String: String]] = [:]
        var selectors: [String: [String: String]] = [:]
        for _ in 0..<2000 {
            let labels = ["a", "b"].reduce(into: [String: String]()) { labels, key in
                if Bool.random(using: &random) { labels[key] = Bool.random(using: &random) ? "1" : "2" }
            }
            let name = "x\(Int.random(in: 0..<6, using: &random))"
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                nodes[name] = labels
                index.setNode(name, labels: labels)
            case 2:
                nodes[name] = nil
                index.setNode(name, labels: nil)
            case 3:
                selectors[name] = labels
                index.setClass(name, nodeSelector: labels)
            default:
                selectors[name] = nil
                index.removeClass(name)
            }
            let expected = selectors.mapValues { selector in
                nodes.values.count { labels in selector.allSatisfy { labels[$0.key] == $0.value } } as Int?
            }
            #expect(Self.numbers(index) == expected)
        }
    }
}

/// A generator that gives the same numbers in each run.
///
/// G. Marsaglia, "Xorshift RNGs", 2003.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
