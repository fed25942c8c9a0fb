import Foundation
import JSON
import PodAdmission
import Testing

/// One golden case: a Pod and what the registry says, with what Polypod has to make of them.
struct Fixture: CustomTestStringConvertible {
    let name: String
    let reason: String
    let pod: JSONValue
    let oldPod: JSONValue?
    let operation: AdmissionOperation
    let subresource: String?
    let username: String
    /// Whether the mutating webhook never saw the Pod.
    let isUnmutated: Bool
    let images: [String: ImageAnswer]
    let policy: WasmPolicy
    let namespaceLabels: [String: String]?
    let cluster: ClusterKnowledge
    let expected: JSONObject

    var testDescription: String { "\(name): \(reason)" }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func all() throws -> [Fixture] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { try Fixture(file: $0) }
    }

    private init(file: URL) throws {
        name = file.deletingPathExtension().lastPathComponent
        let object = try JSONParser.parse([UInt8](Data(contentsOf: file))).asObject()
        try object.refuseUnknown([
            "reason", "pod", "oldPod", "operation", "subresource", "username", "unmutated", "images", "policy",
            "namespaceLabels", "runtimeClasses", "expected",
        ])
        reason = try object.required("reason") { value throws(FieldError) in try value.asString() }
        pod = object["pod"] ?? .null
        oldPod = object["oldPod"]
        operation = AdmissionOperation(rawValue: object["operation"]?.string ?? "CREATE") ?? .create
        subresource = object["subresource"]?.string
        username = object["username"]?.string ?? "admin"
        isUnmutated = object["unmutated"] == .bool(true)
        policy = try object["policy"].map { try WasmPolicy(reading: $0) } ?? WasmPolicy()
        namespaceLabels = try object["namespaceLabels"]?.asStringMap()
        cluster = ClusterKnowledge(runtimeClasses: try object["runtimeClasses"].map(Self.runtimeClasses))
        expected = object["expected"]?.object ?? JSONObject()
        var images: [String: ImageAnswer] = [:]
        for member in object["images"]?.object?.members ?? [] {
            images[member.key] = try Self.answer(member.value)
        }
        self.images = images
    }

    private static func runtimeClasses(_ value: JSONValue) throws -> [String: ClusterKnowledge.RuntimeClass] {
        var classes: [String: ClusterKnowledge.RuntimeClass] = [:]
        for member in try value.asObject().members {
            classes[member.key] = ClusterKnowledge.RuntimeClass(
                nodeSelector: try member.value["nodeSelector"]?.asStringMap() ?? [:],
                matchingNodes: try member.value["matchingNodes"]?.asInt()
            )
        }
        return classes
    }

    private static func answer(_ value: JSONValue) throws -> ImageAnswer {
        if let code = value["unresolved"]?.string.flatMap(UnresolvedReason.Code.init) {
            return .unresolved(UnresolvedReason(code, "registry.test: \(code.rawValue)"))
        }
        let stale = try value.object?.optional("staleSeconds") { value throws(FieldError) in try value.asInt() }
        return .resolved(facts(value), staleSeconds: stale)
    }

    private static func facts(_ value: JSONValue) -> ImageFacts {
        let digest = value["digest"]?.string ?? "sha256:" + String(repeating: "a", count: 64)
        guard let entries = value["index"]?.array else {
            return ImageFacts(digest: digest, content: .image(manifest(value, digest: digest)))
        }
        let index = entries.enumerated().map { number, entry in
            IndexEntry(
                digest: "sha256:" + String(repeating: String(number), count: 64),
                platform: entry.string.flatMap { Platform($0) }
            )
        }
        return ImageFacts(
            digest: digest,
            content: .index(index, only: value["only"].map { manifest($0, digest: index[0].digest) })
        )
    }

    private static func manifest(_ value: JSONValue, digest: String) -> ImageDescription {
        ImageDescription(
            digest: digest,
            platform: value["platform"]?.string.flatMap { Platform($0) },
            variantAnnotation: value["variant"]?.string,
            handlerAnnotation: value["handler"]?.string,
            unrunnable: value["form"]?.string.flatMap(UnrunnableImage.init),
            entrypoint: value["entrypoint"]?.array?.compactMap(\.string) ?? [],
            cmd: value["cmd"]?.array?.compactMap(\.string) ?? [],
            workingDirectory: value["workingDirectory"]?.string ?? ""
        )
    }
}
