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
        let written = try object.optionalString("operation") ?? "CREATE"
        guard let known = AdmissionOperation(rawValue: written) else {
            throw FieldError("no such operation", at: [.key("operation")])
        }
        operation = known
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

    private static let imageKeys = [
        "platform", "variant", "handler", "form", "entrypoint", "cmd", "workingDirectory",
    ]

    private static func answer(_ value: JSONValue) throws -> ImageAnswer {
        let object = try value.asObject()
        if let word = try object.optionalString("unresolved") {
            guard let code = UnresolvedReason.Code(rawValue: word) else {
                throw FieldError("no such reason", at: [.key("unresolved")])
            }
            return .unresolved(UnresolvedReason(code, "registry.test: \(code.rawValue)"))
        }
        try object.refuseUnknown(["digest", "staleSeconds", "index", "read"] + imageKeys)
        let stale = try object.optional("staleSeconds") { value throws(FieldError) in try value.asInt() }
        return .resolved(try facts(object), staleSeconds: stale)
    }

    private static func facts(_ object: JSONObject) throws -> ImageFacts {
        let digest = try object.optionalString("digest") ?? "sha256:" + String(repeating: "a", count: 64)
        guard let platforms = object["index"]?.array else {
            return ImageFacts(digest: digest, content: .image(try image(object, digest: digest)))
        }
        let entries = platforms.enumerated().map { number, platform in
            IndexEntry(
                digest: "sha256:" + String(repeating: String(number), count: 64),
                platform: platform.string.flatMap { Platform($0) }
            )
        }
        let read = try object.optional("read") { value throws(FieldError) in
            let object = try value.asObject()
            try object.refuseUnknown(["entry"] + imageKeys)
            let entry = try object.optional("entry") { value throws(FieldError) in try value.asInt() } ?? 0
            return IndexedImage(try image(object, digest: entries[entry].digest))
        }
        return ImageFacts(digest: digest, content: .index(entries, read: read.map { [$0] } ?? []))
    }

    private static func image(_ object: JSONObject, digest: String) throws(FieldError) -> ImageDescription {
        ImageDescription(
            digest: digest,
            platform: try object.optionalString("platform").flatMap { Platform($0) },
            annotations: WasmAnnotations(
                variant: try object.optionalString("variant"),
                handler: try object.optionalString("handler")
            ),
            unrunnable: try object.optionalString("form").flatMap(UnrunnableImage.init),
            entrypoint: try object.strings("entrypoint"),
            cmd: try object.strings("cmd"),
            workingDirectory: try object.optionalString("workingDirectory") ?? ""
        )
    }
}
