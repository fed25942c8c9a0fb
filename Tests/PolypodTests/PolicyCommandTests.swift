import ArgumentParser
import Manifests
import PodAdmission
import Testing

@testable import polypod

private func policy(_ name: String, _ spec: String) -> String {
    "---\napiVersion: polypod.dev/v1alpha1\nkind: WasmPolicy\nmetadata: {name: \(name)}\nspec: \(spec)\n"
}

@Suite("Policy commands")
struct PolicyCommandTests {
    let terminal = Terminal(plainOfWidth: 200)

    static let cases: [(policies: [String], warnings: [String], why: String)] = [
        ([policy("a", "{}")], [], "no warning"),
        (
            [policy("a", "{matchingPrecedence: 1}"), policy("b", "{match: {podSelector: {matchLabels: {x: y}}}}")],
            ["spec.match: never decides: a (p:2) comes first and matches everything that this policy matches"],
            "a first policy that matches everything"
        ),
        (
            [
                policy(
                    "a",
                    "{matchingPrecedence: 1, match: {podSelector: {matchExpressions: [{key: x, operator: Exists}]}}}"
                ),
                policy("b", "{match: {podSelector: {matchLabels: {x: y}}}}"),
            ], ["spec.match: never decides: a (p:2) comes first and matches everything that this policy matches"],
            "Exists matches every value"
        ),
        (
            [
                policy("a", "{matchingPrecedence: 1, match: {podSelector: {matchLabels: {x: y}}}}"),
                policy("b", "{match: {namespaceSelector: {matchLabels: {x: y}}}}"),
            ], [], "labels of Pods and labels of namespaces"
        ),
        (
            [
                policy("a", "{match: {podSelector: {matchLabels: {x: y}}}}"),
                policy("b", "{match: {podSelector: {matchLabels: {z: y}}}}"),
            ],
            ["spec.matchingPrecedence: a (p:2) has the same; if both match, the first name in the alphabet wins"],
            "the same precedence, and some Pods match both"
        ),
        (
            [
                policy("a", "{match: {podSelector: {matchLabels: {x: y}}}}"),
                policy("b", "{match: {podSelector: {matchLabels: {x: z}}}}"),
            ], [], "the same precedence, but no Pod matches both"
        ),
        (
            [
                policy(
                    "a",
                    "{match: {podSelector: {matchExpressions: [{key: x, operator: Exists}, {key: x, operator: DoesNotExist}]}}}"
                )
            ],
            ["spec.match.podSelector: never decides: no labels match this selector"], "a contradiction"
        ),
        (
            [policy("a", "{matchingPrecedence: 1, match: {podSelector: {matchLabels: {x: y}}}}"), policy("a", "{}")],
            ["metadata.name: has the same name as the policy at p:2; a cluster keeps only one of them"],
            "the same name twice"
        ),
        (
            [policy("a", "{images: {allowed: [g/*]}}")],
            [
                "spec.onUnresolvedImage: an image of a registry that does not answer passes the restriction of "
                    + "images; set Deny",
                "spec.allowOptOut: any Pod can opt out of the restriction of images; set false",
            ], "a restriction that the defaults of other fields let Pods pass"
        ),
        (
            [
                policy(
                    "a",
                    "{allowOptOut: false, onUnresolvedImage: Deny, images: {allowed: [g/*]}, "
                        + "checks: {image-not-allowed: warn, digest-required: \"off\"}}"
                )
            ],
            [
                "spec.checks.image-not-allowed: turns the restriction of images off; set deny",
                "spec.checks.digest-required: has no effect without spec.images.requireDigest",
            ], "a restriction that a check's action turns off"
        ),
        (
            [policy("a", "{checks: {module-volume-not-allowed: warn}}")],
            [
                "spec.checks.module-volume-not-allowed: has no effect without spec.images.allowed or "
                    + "spec.images.requireDigest"
            ], "a check of volumes without a restriction"
        ),
        (
            [policy("a", "{images: {rules: [{match: g/*, treatAs: Wasm}, {match: g/b*, treatAs: Native}]}}")],
            ["spec.images.rules[1].match: has no effect: rule 0 (g/*) matches first"], "a rule after a wider one"
        ),
        (
            [policy("a", "{images: {rules: [{match: g/b*, treatAs: Wasm}, {match: g/*, treatAs: Native}]}}")], [],
            "a wider rule after a narrower one"
        ),
        (
            [policy("a", "{allowOptOut: false, onUnresolvedImage: Deny, images: {requireDigest: true}}")],
            [
                "spec.images.requireDigest: an image with a tag is admitted if pinWasmManifest pins it; set "
                    + "pinWasmManifest: false to refuse it"
            ], "pinning replaces a tag with a digest"
        ),
        (
            [
                policy(
                    "a",
                    "{allowOptOut: false, onUnresolvedImage: Deny, images: {requireDigest: true}, pinWasmManifest: false}"
                )
            ], [], "no pinning"
        ),
        (
            [policy("a", "{checks: {image-not-allowed: warn}}")],
            ["spec.checks.image-not-allowed: has no effect without spec.images.allowed"],
            "a check that is not turned on"
        ),
    ]

    @Test(arguments: cases)
    func warns(policies: [String], warnings: [String], why: String) throws {
        let found = try withFiles(["p": policies.joined()]) { folder in try PolicyFiles(["\(folder)/p"]) }
        #expect(found.errors.isEmpty)
        let actual = PolicyLint.warnings(about: found.policies).map { note in
            [note.field, note.reason].compactMap { $0 }.joined(separator: ": ").replacing(note.file, with: "p")
        }
        #expect(actual == warnings, "\(why)")
    }

    @Test func reportsEveryDocumentAndFile() throws {
        let files = [
            "a.yaml": policy("a", "{mode: enforce}") + policy("b", "{}")
                + policy("c", "\n  checks:\n    exec-prob: deny"),
            "b.yaml": "a: [", "c.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n",
        ]
        try withFiles(files) { folder in
            let found = try PolicyFiles([folder, "\(folder)/none"])
            #expect(
                found.errors.map { $0.description.replacing(folder, with: "") } == [
                    "/a.yaml:5: spec.mode: \"enforce\" is none of Enforce, Warn, DryRun",
                    "/a.yaml:17: spec.checks.exec-prob: no such check",
                    "/b.yaml:2: not valid YAML: did not find expected node content", "/none: no such file or folder",
                ]
            )
            #expect(found.policies.map(\.policy.name) == ["b"])
            #expect(found.others.count == 1)
            let report = PolicyLintCommand.report(found, warnings: [], for: terminal)
            #expect(report.hasSuffix("1 valid, 4 errors, 0 warnings\n"))
            #expect(throws: ExitCode(2)) { try PolicyLintCommand.parse([folder]).run() }
        }
    }

    @Test func exitsWithTheDocumentedCodes() throws {
        let warned = policy("a", "{checks: {image-not-allowed: warn}}")
        try withFiles(["good": policy("a", "{}"), "warned": warned, "none": "a: 1\n"]) { folder in
            #expect(throws: Never.self) { try PolicyLintCommand.parse(["\(folder)/good", "--strict"]).run() }
            #expect(throws: Never.self) { try PolicyLintCommand.parse(["\(folder)/warned"]).run() }
            #expect(throws: ExitCode(1)) { try PolicyLintCommand.parse(["\(folder)/warned", "--strict"]).run() }
            #expect(throws: ExitCode(2)) { try PolicyLintCommand.parse(["\(folder)/none"]).run() }
        }
        #expect(throws: (any Error).self) { try PolicyExplainCommand.parse(["p", "--labels", "a=b"]) }
        #expect(throws: (any Error).self) { try PolicyExplainCommand.parse(["p", "-n", "x", "--labels", "a"]) }
    }

    @Test func findsNothingInTheExamples() throws {
        let files = Repository.files(in: "deploy/examples/policies", ending: ".yaml")
        #expect(files.count >= 7)
        for file in files where !file.hasSuffix("namespace.yaml") {
            let found = try PolicyFiles([Repository.path(file)])
            #expect(found.errors.isEmpty && PolicyLint.warnings(about: found.policies).isEmpty, "\(file)")
        }
    }

    static let choices: [(namespace: String, labels: [String: String]?, pod: [String: String], why: String)] = [
        ("x", ["team": "shop"], [:], "the namespace's label"), ("x", ["team": "other"], [:], "another value"),
        ("x", [:], ["tier": "web"], "the Pod's label"), ("x", nil, [:], "unknown labels"),
        ("named", nil, [:], "the namespace's name"),
        ("x", ["kubernetes.io/metadata.name": "named"], [:], "a label that is not the namespace's name"),
    ]

    @Test(arguments: choices)
    func choosesTheSamePolicyAsTheServer(
        namespace: String,
        labels: [String: String]?,
        pod: [String: String],
        why: String
    ) throws {
        let text =
            policy("d", "{matchingPrecedence: 30}")
            + policy("b", "{matchingPrecedence: 20, match: {podSelector: {matchLabels: {tier: web}}}}")
            + policy("a", "{matchingPrecedence: 10, match: {namespaceSelector: {matchLabels: {team: shop}}}}")
            + policy(
                "c",
                "{matchingPrecedence: 5, match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: named}}}}"
            )
        let policies = try withFiles(["p": text]) { try PolicyFiles(["\($0)/p"]).policies }
        let choice = PolicyChoice(among: policies, podLabels: pod, namespace: namespace, labels: labels)
        let decided = PolicySet(policies.map(\.policy)).policy(
            for: Pod(metadata: ObjectMetadata(labels: pod), spec: PodSpec(containers: [])),
            namespace: namespace,
            labels: labels
        )
        #expect(choice.policy?.policy == decided, "\(why)")
        #expect(choice.mismatches.count == policies.firstIndex { $0.policy == decided })
    }

    @Test func explainsOrderSummaryAndChoice() throws {
        let files = [
            "p.yaml": policy("rest", "{matchingPrecedence: 900, mode: Warn, images: {requireDigest: true}}")
                + policy(
                    "shop",
                    "{matchingPrecedence: 10, match: {namespaceSelector: {matchLabels: {team: shop}}}, "
                        + "checks: {exec-probe: warn, mesh-user: warn}}"
                ),
            "m.yaml": """
            apiVersion: v1
            kind: Namespace
            metadata: {name: front, labels: {team: shop}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: front}
            spec: {containers: [{name: a, image: b}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec: {containers: [{name: a, image: b}]}

            """,
        ]
        try withFiles(files) { folder in
            let command = try PolicyExplainCommand.parse(["\(folder)/p.yaml", "-f", "\(folder)/m.yaml"])
            let text = try command.explanation().text(for: terminal).replacing("\(folder)/", with: "")
            #expect(
                text == """
                    PRECEDENCE  POLICY    MODE     NAMESPACES  PODS
                    10          shop      Enforce  team=shop   every
                    900         rest      Warn     every       every
                    -           built-in  Enforce  every       every

                    shop (p.yaml:7)
                      Pods with Wasm are changed; Pods that cannot run are refused
                      check exec-probe: warn, default deny

                    rest (p.yaml:2)
                      Pods with Wasm are changed; no Pod is refused: a refusal becomes a warning
                      Wasm images only by digest

                    m.yaml:5 Pod front/web: decided by shop, the first that matches: namespaces with team=shop

                    m.yaml:10 Pod default/web: decided by rest, the first that matches: every Pod
                      not by shop: it matches namespaces with team=shop; the namespace's labels are not known

                    """
            )
            let labelled = try PolicyExplainCommand.parse(["\(folder)/p.yaml", "-n", "x", "--labels", "team=shop,a="])
            #expect(try labelled.explanation().text(for: terminal).contains("in x: decided by shop"))
        }
    }

    @Test func readsLabelsFromNamespacesInTheManifests() throws {
        let text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {team: shop}}\n"
        let namespaces = try ManifestNamespaces(try YAMLReader.documents(in: text, file: "f"))
        #expect(namespaces["a"] == ["team": "shop"] && namespaces["b"] == nil)
        let policies = try YAMLReader.documents(
            in: policy("p", "{match: {namespaceSelector: {matchLabels: {team: shop}}}}"),
            file: "f"
        )
        let set = try PolicySet(reading: try #require(policies.first).value)
        #expect(namespaces.warning(about: set, namespaces: ["a"]) == nil)
        #expect(namespaces.warning(about: PolicySet(), namespaces: ["b"]) == nil)
        let warning = try #require(namespaces.warning(about: set, namespaces: ["a", "b"]))
        #expect(warning.hasPrefix("p: selects namespaces") && warning.hasSuffix("object for b; assuming no labels"))
    }
}
