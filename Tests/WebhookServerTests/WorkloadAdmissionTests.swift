import JSON
import Logging
import NIOCore
import PodAdmission
import Synchronization
import Testing

@testable import WebhookServer

/// A resolver that records its queries.
private final class RecordingResolver: ImageResolving {
    private let asked = Mutex<[ImageQuery]>([])
    private let table: ImageTable

    init(_ table: [String: ImageAnswer]) { self.table = ImageTable(table: table) }

    var queries: [ImageQuery] { asked.withLock { $0 } }
    var images: [String] { queries.flatMap(\.images) }

    func reports(on query: ImageQuery) async -> [ImageReport] {
        asked.withLock { $0.append(query) }
        return await table.reports(on: query)
    }
}

private final class Box<Value: Sendable>: Sendable {
    private let value: Mutex<[Value]> = Mutex([])

    func add(_ new: Value) { value.withLock { $0.append(new) } }
    var all: [Value] { value.withLock { $0 } }
}

private func digest(_ character: Character) -> String { "sha256:" + String(repeating: character, count: 64) }

private let images: [String: ImageAnswer] = {
    let wasm = ImageDescription(digest: digest("a"), platform: Platform("wasi/wasm"), entrypoint: ["/web.wasm"])
    let index = IndexEntry(digest: digest("b"), platform: Platform("wasi/wasm"))
    let behindIndex = ImageDescription(
        digest: digest("b"),
        platform: Platform("wasi/wasm"),
        entrypoint: ["/web.wasm"]
    )
    return [
        "registry.example/app:1": .resolved(
            ImageFacts(digest: digest("a"), content: .image(wasm)),
            staleSeconds: nil
        ),
        "registry.example/index:1": .resolved(
            ImageFacts(digest: digest("c"), content: .index([index], read: [IndexedImage(behindIndex)])),
            staleSeconds: nil
        ),
    ]
}()

private func workload(
    _ kind: String = "Deployment",
    image: String = "registry.example/app:1",
    replicas: Int = 1,
    metadata: JSONValue = ["name": "web"],
    podSpec: JSONValue = [:],
    container: JSONValue = [:]
) -> JSONValue {
    var main = JSONObject([.init(key: "name", value: "app"), .init(key: "image", value: .string(image))])
    main.members += container.object?.members ?? []
    var spec = JSONObject([.init(key: "containers", value: [.object(main)])])
    spec.members += podSpec.object?.members ?? []
    let template: JSONValue = ["metadata": ["labels": ["app": "web"]], "spec": .object(spec)]
    let body: JSONValue =
        kind == "CronJob"
        ? ["jobTemplate": ["spec": ["template": template]]]
        : ["replicas": .number(String(replicas)), "template": template]
    let version = kind == "CronJob" || kind == "Job" ? "batch/v1" : "apps/v1"
    return ["apiVersion": .string(version), "kind": .string(kind), "metadata": metadata, "spec": body]
}

private func review(_ object: JSONValue, old: JSONValue = .null, operation: String = "CREATE") -> JSONValue {
    let version = object["apiVersion"]?.string ?? ""
    let group = String(version.prefix { $0 != "/" })
    return [
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": [
            "uid": "u", "kind": ["group": .string(group), "version": "v1", "kind": object["kind"] ?? ""],
            "namespace": "shop", "operation": .string(operation), "object": object, "oldObject": old,
        ],
    ]
}

private let execProbe: JSONValue = ["readinessProbe": ["exec": ["command": ["/x"]]]]

private func policy(_ spec: String) throws -> PolicySet {
    let text = #"{"apiVersion":"polypod.dev/v1alpha1","kind":"WasmPolicy","metadata":{"name":"p"},"spec":\#(spec)}"#
    return PolicySet([try WasmPolicy(reading: try JSONParser.parse(text))])
}

@Suite("Admission of workloads", .timeLimit(.minutes(1)))
struct WorkloadAdmissionTests {
    @Test(arguments: ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"])
    func warnsOfTheClassesOfThePods(kind: String) async throws {
        let response = try await AdmissionHandler.test(ImageTable(table: images))
            .response(review(workload(kind)), stage: .validating)
        #expect(response["allowed"] == .bool(true))
        #expect(
            response["warnings"]?.array?.compactMap(\.string).first
                == #"web: container "app" is Wasm (platform wasi/wasm): its Pods will run under crun-wasmedge"#
        )
        #expect(response["patch"] == nil, "workloads are never patched")
    }

    @Test(
        arguments: [
            ("{}", true, true, "by default a denial of the Pods is a warning for the workload"),
            (#"{"workloads":"Deny"}"#, false, false, "the policy denies workloads too"),
            (#"{"workloads":"Deny","mode":"Warn"}"#, true, true, "a policy in mode Warn denies nothing"),
            (#"{"workloads":"Deny","mode":"DryRun"}"#, true, true, "a policy in mode DryRun denies nothing"),
            (#"{"workloads":"Off"}"#, true, false, "the policy does not check workloads"),
        ])
    func denials(spec: String, isAllowed: Bool, warns: Bool, why: String) async throws {
        let response = try await AdmissionHandler.test(ImageTable(table: images), policies: try policy(spec))
            .response(review(workload(container: execProbe)), stage: .validating)
        #expect(response["allowed"] == .bool(isAllowed), "\(why)")
        let warnings = response["warnings"]?.array?.compactMap(\.string) ?? []
        #expect(warnings.contains { $0.hasPrefix("web: ") && $0.hasSuffix("[exec-probe]") } == warns, "\(why)")
        if !isAllowed {
            let message = response["status"]?["message"]?.string ?? ""
            #expect(message.hasPrefix(#"web: container "app": "#) && message.hasSuffix("[exec-probe]"))
        }
    }

    @Test(
        arguments: [
            (review(workload(), old: workload(), operation: "UPDATE"), "unchanged", "a change outside the template"),
            (review(workload(replicas: 3), old: workload(), operation: "UPDATE"), "unchanged", "only scaled"),
            (
                review(workload(), old: workload(image: "registry.example/index:1"), operation: "UPDATE"), nil,
                "another image"
            ),
            (
                review(
                    workload(
                        "ReplicaSet",
                        metadata: [
                            "name": "web-1",
                            "ownerReferences": [["kind": "Deployment", "name": "web", "controller": true]],
                        ]
                    )
                ), "controlled", "the Deployment was checked"
            ),
            (review(workload(), operation: "DELETE"), "other-operation", "a deletion"),
        ] as [(JSONValue, String?, String)]
    )
    func looksUpImagesOfChangedTemplatesOnly(request: JSONValue, skipped: String?, why: String) async throws {
        let resolver = RecordingResolver(images)
        let response = try await AdmissionHandler.test(resolver).response(request, stage: .validating)
        #expect(response["auditAnnotations"]?["skipped"]?.string == skipped, "\(why)")
        #expect(resolver.images.isEmpty == (skipped != nil), "\(why)")
    }

    @Test("One look-up is enough for the workload and its Pods, whose image is pinned")
    func looksUpEachImageOnce() async throws {
        let resolver = RecordingResolver(images)
        let response = try await AdmissionHandler.test(resolver)
            .response(review(workload(image: "registry.example/index:1")), stage: .validating)
        #expect(resolver.images == ["registry.example/index:1"])
        #expect(
            response["warnings"]?.array?.compactMap(\.string)
                == [#"web: container "app" is Wasm (platform wasi/wasm): its Pods will run under crun-wasmedge"#]
        )
    }

    @Test(
        arguments: [
            (["imagePullSecrets": [["name": "a"], ["name": "b"]]], ["a", "b"], "default", "those of the template"),
            (["serviceAccountName": "builder"], [], "builder", "those of the service account, which its Pods get"),
            ([:], [], "default", "those of the default service account"),
        ] as [(JSONValue, [String], String, String)]
    )
    func asksForPullSecrets(spec: JSONValue, names: [String], account: String, why: String) async throws {
        let resolver = RecordingResolver(images)
        _ = try await AdmissionHandler.test(resolver).response(review(workload(podSpec: spec)), stage: .validating)
        let expected = PullSecretsQuery(namespace: "shop", imagePullSecrets: names, serviceAccountName: account)
        #expect(resolver.queries.map(\.pullSecrets) == [expected], "\(why)")
    }

    @Test func skipsNamespacesThatOptOut() async throws {
        var environment = AdmissionEnvironment()
        environment.namespaceLabels = { $0 == "shop" ? ["polypod.dev/inject": "disabled"] : [:] }
        let decided = Box<DecidedAdmission>()
        environment.decided = { decided.add($0) }
        let handler = AdmissionHandler.test(ImageTable(table: images), environment: environment)
        let response = try await handler.response(review(workload()), stage: .validating)
        #expect(response["auditAnnotations"]?["skipped"] == "namespace-opted-out")
        #expect(decided.all.map(\.kind) == ["Deployment"])
    }

    @Test(
        arguments: [
            ("default", true, true, "the policy applies"),
            ("polypod-probe", true, false, "the probe does not depend on a policy"),
            ("polypod-probe", false, true, "a request that is not a dry run is not a probe"),
        ]
    )
    func probeHasTheBuiltInPolicy(namespace: String, isDryRun: Bool, isAllowed: Bool, why: String) async throws {
        var environment = AdmissionEnvironment(policies: try policy(#"{"mode":"DryRun"}"#))
        environment.probeNamespace = "polypod-probe"
        let handler = AdmissionHandler.test(ImageTable(table: images), environment: environment)
        let pod = Reviews.pod([
            ["name": "probe", "image": "registry.example/app:1", "readinessProbe": ["exec": ["command": ["/x"]]]]
        ])
        let request = Reviews.review(pod).with(namespace: namespace, isDryRun: isDryRun)
        let response = try await handler.response(request, stage: .validating)
        #expect(response["allowed"] == .bool(isAllowed), "\(why)")
    }

    @Test(
        arguments: [
            (#"{"matchLabels":{"team":"a"}}"#, nil, 503, "whether the policy applies is not known"),
            (#"{"matchLabels":{"team":"a"}}"#, [:], 200, "the namespace has no labels"),
            (#"{"matchLabels":{"kubernetes.io/metadata.name":"x"}}"#, nil, 200, "the name is always known"),
        ] as [(String, [String: String]?, Int, String)]
    )
    func unknownLabelsAreAnError(selector: String, labels: [String: String]?, status: Int, why: String) async throws {
        var environment = AdmissionEnvironment(policies: try policy(#"{"match":{"namespaceSelector":\#(selector)}}"#))
        environment.namespaceLabels = { _ in labels }
        let handler = AdmissionHandler.test(ImageTable(table: images), environment: environment)
        for stage in [AdmissionStage.mutating, .validating] {
            #expect(await handler.answer(Reviews.review(), stage: stage).status == status, "\(why)")
        }
    }

    @Test func repeatsNoWarning() async throws {
        let template: JSONValue = ["name": "app", "image": "registry.example/gone:1"]
        let response = try await AdmissionHandler.test(ImageTable())
            .response(Reviews.review(Reviews.pod([template, template])), stage: .validating)
        #expect(response["warnings"]?.array?.count == 1)
    }
}

extension JSONValue {
    fileprivate func with(namespace: String, isDryRun: Bool) -> JSONValue {
        guard var object = self.object, var request = object["request"]?.object else { return self }
        request["namespace"] = .string(namespace)
        request["dryRun"] = .bool(isDryRun)
        object["request"] = .object(request)
        return .object(object)
    }
}
