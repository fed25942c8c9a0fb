import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("Nodes by runtime class")
struct NodeClassesTests {
    private static let wasm = ["runtime": "wasm"]
    private static let zoned = ["runtime": "wasm", "zone": "a"]

    private static func numbers(_ classes: NodeClasses) -> [String: Int?] {
        classes.classes.mapValues(\.matchingNodes)
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
        "A history",
        arguments: [
            Row(
                why: "a class that asks for nothing has all nodes",
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
                why: "every label has to be there",
                changes: [.classes(["w": wasm, "z": zoned]), .node("n1", wasm), .node("n2", zoned)],
                numbers: ["w": 2, "z": 1]
            ),
            Row(
                why: "another value is another label",
                changes: [.classes(["z": zoned]), .node("n1", ["runtime": "wasm", "zone": "b"])],
                numbers: ["z": 0]
            ),
            Row(
                why: "a node that tells the same again counts once",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", wasm)],
                numbers: ["w": 1]
            ),
            Row(
                why: "a node loses its label",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", [:])],
                numbers: ["w": 0]
            ),
            Row(
                why: "a node gains one that does not matter",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", zoned)],
                numbers: ["w": 1]
            ),
            Row(
                why: "a node goes, twice told",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .node("n1", nil), .node("n1", nil)],
                numbers: ["w": 0]
            ),
            Row(
                why: "a list without a node that was there",
                changes: [.classes(["w": wasm]), .node("n1", wasm), .nodes(["n2": [:]])],
                numbers: ["w": 0]
            ),
            Row(
                why: "a class asks for something else",
                changes: [.node("n1", wasm), .runtimeClass("c", wasm), .runtimeClass("c", zoned)],
                numbers: ["c": 0]
            ),
            Row(
                why: "a class goes, by a list and by a change",
                changes: [.classes(["a": [:], "b": [:], "c": [:]]), .classes(["a": [:], "b": [:]]), .noClass("b")],
                numbers: ["a": 0]
            ),
        ]
    )
    func histories(row: Row) {
        var classes = NodeClasses()
        for change in row.changes {
            switch change {
            case .node(let name, let labels): classes.setNode(name, labels: labels)
            case .nodes(let nodes): classes.replaceNodes(with: nodes)
            case .runtimeClass(let name, let selector): classes.setClass(name, nodeSelector: selector)
            case .classes(let selectors): classes.replaceClasses(with: selectors)
            case .noClass(let name): classes.removeClass(name)
            }
        }
        #expect(Self.numbers(classes) == row.numbers)
    }

    @Test("Whatever comes in whatever order, the numbers are those of a count from scratch")
    func randomHistories() {
        var random = SeededGenerator(state: 42)
        var classes = NodeClasses()
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
                classes.setNode(name, labels: labels)
            case 2:
                nodes[name] = nil
                classes.setNode(name, labels: nil)
            case 3:
                selectors[name] = labels
                classes.setClass(name, nodeSelector: labels)
            default:
                selectors[name] = nil
                classes.removeClass(name)
            }
            let expected = selectors.mapValues { selector in
                nodes.values.count { labels in selector.allSatisfy { labels[$0.key] == $0.value } } as Int?
            }
            #expect(Self.numbers(classes) == expected)
        }
    }
}

/// The same numbers in each run.
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
