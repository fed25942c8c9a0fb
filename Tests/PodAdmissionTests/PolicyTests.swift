import JSON
import PodAdmission
import Testing

private func policy(_ spec: String, name: String = "p") throws -> WasmPolicy {
    let text =
        #"{"apiVersion":"polypod.dev/v1alpha1","kind":"WasmPolicy","metadata":{"name":"\#(name)"},"spec":\#(spec)}"#
    return try WasmPolicy(reading: try JSONParser.parse(text))
}

@Suite("Policies")
struct PolicyTests {
    @Test(
        arguments: [
            (#"{"mode":"enforce"}"#, "spec.mode", "modes are written with a capital"),
            (#"{"mdoe":"Enforce"}"#, "spec.mdoe", "an unknown field"),
            (#"{"matchingPrecedence":0}"#, "spec.matchingPrecedence", "below the range"),
            (#"{"matchingPrecedence":"1"}"#, "spec.matchingPrecedence", "a string"),
            (#"{"checks":{"exec-prob":"deny"}}"#, "spec.checks.exec-prob", "an unknown check"),
            (#"{"checks":{"exec-probe":"Deny"}}"#, "spec.checks.exec-probe", "an unknown action"),
            (#"{"checks":{"image-unresolved":"deny"}}"#, "spec.checks.image-unresolved", "set elsewhere"),
            (
                #"{"images":{"rules":[{"match":"nginx","treatAs":"Wasm"}]}}"#, "spec.images.rules[0].match",
                "no registry"
            ),
            (#"{"images":{"rules":[{"match":"a/*"}]}}"#, "spec.images.rules[0].treatAs", "required"),
            (#"{"runtime":{"nodePlatforms":["linux"]}}"#, "spec.runtime.nodePlatforms[0]", "no architecture"),
            (#"{"runtime":{"variant":"smart-compat"}}"#, "spec.runtime.variant", "the typo"),
            (
                #"{"match":{"podSelector":{"matchExpressions":[{"key":"a","operator":"in","values":["b"]}]}}}"#,
                "spec.match.podSelector.matchExpressions[0].operator", "operators have a capital"
            ),
            (#"{"allowOptOut":"false"}"#, "spec.allowOptOut", "a string"),
            (#"{"workloads":"deny"}"#, "spec.workloads", "words have a capital"),
            (#"{"dnsServer":"fd00::10"}"#, "spec.dnsServer", "WasmEdge reads IPv4"),
            (#"{"preferWasm":true,"pinWasmManifest":false}"#, "spec.preferWasm", "preferred Wasm has to be pinned"),
        ])
    func refusesWithThePath(spec: String, path: String, why: String) {
        let error = #expect(throws: FieldError.self, "\(why)") { try policy(spec) }
        #expect(error?.pathText == path)
    }

    @Test func lowestPrecedenceThatMatchesDecides() throws {
        let set = PolicySet([
            try policy(#"{"matchingPrecedence":900,"mode":"Warn"}"#, name: "all"),
            try policy(
                #"{"matchingPrecedence":10,"mode":"DryRun","match":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"lab"}}}}"#,
                name: "lab"
            ),
            try policy(
                #"{"matchingPrecedence":20,"match":{"podSelector":{"matchExpressions":[{"key":"team","operator":"Exists"}]}}}"#,
                name: "teams"
            ),
        ])
        let plain = Pod(spec: PodSpec(containers: []))
        let team = Pod(metadata: ObjectMetadata(labels: ["team": "a"]), spec: PodSpec(containers: []))
        #expect(set.policy(for: plain, namespace: "lab").name == "lab")
        #expect(set.policy(for: team, namespace: "lab").name == "lab")
        #expect(set.policy(for: team, namespace: "x").name == "teams")
        #expect(set.policy(for: plain, namespace: "x").name == "all")
        #expect(PolicySet().policy(for: plain, namespace: "x") == WasmPolicy())
    }

    @Test(
        "labels of namespaces",
        arguments: [
            (["team": "a"], "a", "the label matches"),
            (["team": "b"], "rest", "another value"),
            ([:], "rest", "a namespace without labels"),
            (["kubernetes.io/metadata.name": "forged", "team": "a"], "a", "the request's own name counts"),
            (nil, "rest", "labels nobody knows match nothing"),
        ] as [([String: String]?, String, String)]
    )
    func namespaceLabels(labels: [String: String]?, name: String, why: String) throws {
        let set = PolicySet([
            try policy(
                #"{"matchingPrecedence":1,"match":{"namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"In","values":["forged"]}]}}}"#,
                name: "forged"
            ),
            try policy(
                #"{"matchingPrecedence":10,"match":{"namespaceSelector":{"matchLabels":{"team":"a"}}}}"#,
                name: "a"
            ),
            try policy("{}", name: "rest"),
        ])
        let pod = Pod(spec: PodSpec(containers: []))
        #expect(set.policy(for: pod, namespace: "shop", labels: labels).name == name, "\(why)")
        let error = #expect(throws: FieldError.self) { try set.requireNamespaceNames() }
        #expect(error?.pathText == "spec.match.namespaceSelector")
    }

    @Test(
        arguments: [
            ("{}", ContainerClass.native, nil, "without rules for Wasm images the Pod's word counts"),
            (
                #"{"images":{"allowed":["registry.example/*"]}}"#, .wasm, CheckCode.imageNotAllowed,
                "the image is looked at"
            ),
            (#"{"images":{"requireDigest":true}}"#, .wasm, .digestRequired, "the image is looked at"),
        ] as [(String, ContainerClass, CheckCode?, String)]
    )
    func noPodCallsWasmNative(spec: String, expected: ContainerClass, code: CheckCode?, why: String) throws {
        let image = "elsewhere.example/app:1"
        let pod = Pod(
            metadata: ObjectMetadata(
                name: "p",
                annotations: [AnnotationKey.nativeContainers: "app", AnnotationKey.variant: "compat-smart"]
            ),
            spec: PodSpec(
                runtimeClassName: "crun-wasmedge",
                containers: [Container(name: "app", image: image, command: ["/app.wasm"])]
            )
        )
        let policy = try policy(spec)
        let context = AdmissionContext(stage: .validating)
        #expect(imagesToInspect(in: pod, context: context, policy: policy) == (code == nil ? [] : [image]), "\(why)")
        let decision = decide(pod, context: context, images: [:], policy: policy)
        #expect(decision.containers.map(\.containerClass) == [expected], "\(why)")
        #expect(decision.findings.filter { $0.action == .deny }.map(\.code) == (code.map { [$0] } ?? []), "\(why)")
    }

    @Test func readsListsAndSingleObjects() throws {
        let one = #"{"apiVersion":"polypod.dev/v1alpha1","kind":"WasmPolicy","metadata":{"name":"a"}}"#
        #expect(try PolicySet(reading: JSONParser.parse(one)).policies.count == 1)
        #expect(try PolicySet(reading: JSONParser.parse("[\(one),\(one)]")).policies.count == 2)
        let list = #"{"apiVersion":"v1","kind":"List","items":[\#(one)]}"#
        #expect(try PolicySet(reading: JSONParser.parse(list)).policies.count == 1)
        let error = #expect(throws: FieldError.self) { try PolicySet(reading: JSONParser.parse("[\(one),{}]")) }
        #expect(error?.pathText == "[1].apiVersion")
    }

    @Test func tableOfChecksIsWhole() {
        #expect(Check.all.map(\.code) == CheckCode.allCases)
        for check in Check.all { #expect(!check.reason.isEmpty && !check.remedy.isEmpty && check.remedy.count <= 120) }
    }
}
