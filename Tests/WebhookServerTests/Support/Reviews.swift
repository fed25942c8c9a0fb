import Basics
import JSON
import Logging
import NIOCore
import PodAdmission
import Synchronization
import TestSupport

@testable import WebhookServer

/// Reviews as the API server sends them, to be spoilt by the tests.
enum Reviews {
    static let nativeContainer: JSONValue = ["name": "web", "image": "registry.example/web:1"]
    static let wasmContainer: JSONValue = [
        "name": "app", "image": "registry.example/app:1", "command": ["/app.wasm"],
    ]

    static func pod(_ containers: [JSONValue] = [nativeContainer]) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "demo"],
            "spec": ["containers": .array(containers)],
        ]
    }

    static func review(_ object: JSONValue = pod(), uid: JSONValue = "uid-1") -> JSONValue {
        [
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": [
                "uid": uid, "kind": ["group": "", "version": "v1", "kind": "Pod"],
                "resource": ["group": "", "version": "v1", "resource": "pods"], "namespace": "default",
                "operation": "CREATE", "userInfo": ["username": "someone"], "object": object, "oldObject": .null,
                "dryRun": false,
            ],
        ]
    }

    /// `review` with the member at `path` replaced, or taken away.
    static func review(setting path: String..., to value: JSONValue?) -> JSONValue {
        set(review(), path[...], value)
    }

    private static func set(_ document: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue?) -> JSONValue {
        guard let step = path.first, case .object(var object) = document else { return document }
        object[step] = path.count == 1 ? value : set(object[step] ?? [:], path.dropFirst(), value)
        return .object(object)
    }
}

/// A look-up that answers from a table, at once.
struct ImageTable: ImageResolving {
    var table: [String: ImageAnswer] = [:]

    func reports(on query: ImageQuery) async -> [ImageReport] {
        query.images.map {
            ImageReport(image: $0, answer: table[$0] ?? .unresolved(UnresolvedReason(.notFound, "no such image")))
        }
    }
}

/// A look-up whose registries accept and never answer: it gives up at the deadline, as the real one does.
final class SilentResolver: ImageResolving {
    let asked = Mutex<[(images: [String], deadline: ContinuousClock.Instant)]>([])

    func reports(on query: ImageQuery) async -> [ImageReport] {
        asked.withLock { $0.append((query.images, query.deadline)) }
        try? await ContinuousClock().sleep(until: query.deadline)
        return query.images.map {
            ImageReport(image: $0, answer: .unresolved(UnresolvedReason(.deadline, "no answer in time")))
        }
    }
}

/// A look-up that answers when the test says so.
final class GatedResolver: ImageResolving {
    private let gate = Promise<Void>()
    private let entered = Promise<Void>()

    func open() { gate.fulfill(()) }
    func waitUntilAsked() async throws {
        guard await entered.value() != nil else { throw CancellationError() }
    }

    func reports(on query: ImageQuery) async -> [ImageReport] {
        entered.fulfill(())
        _ = await gate.value()
        return []
    }
}

extension AdmissionHandler {
    static func test(
        _ images: any ImageResolving = ImageTable(),
        policies: PolicySet = PolicySet(),
        environment: AdmissionEnvironment? = nil,
        metrics: AdmissionMetrics = AdmissionMetrics(),
        logger: Logger = .silent
    ) -> AdmissionHandler {
        AdmissionHandler(
            environment: environment ?? AdmissionEnvironment(policies: policies),
            images: images,
            logger: logger,
            metrics: metrics
        )
    }

    func answer(_ review: JSONValue, stage: AdmissionStage = .mutating) async -> HTTPReply {
        await answer(ByteBuffer(string: review.compactText), stage: stage, deadline: .now + .seconds(5))
    }

    /// The response to `review`, checked as ``HTTPReply/response(uid:stage:)`` does.
    func response(_ review: JSONValue, stage: AdmissionStage) async throws -> JSONObject {
        try await answer(review, stage: stage).response(
            uid: review["request"]?["uid"]?.string ?? "",
            stage: stage
        )
    }
}

extension HTTPReply {
    var text: String { String(buffer: body) }

    /// The response inside, checked against the rules by which the API server accepts one.
    func response(uid: String = "uid-1", stage: AdmissionStage) throws -> JSONObject {
        try Self.response(in: text, status: status, uid: uid, stage: stage)
    }

    static func response(in text: String, status: Int, uid: String, stage: AdmissionStage) throws -> JSONObject {
        guard status == 200 else { throw Broken("status \(status): \(text)") }
        let review = try JSONParser.parse(text)
        guard review["apiVersion"] == "admission.k8s.io/v1", review["kind"] == "AdmissionReview" else {
            throw Broken("no review of v1")
        }
        guard let response = review["response"]?.object, response["uid"] == .string(uid) else {
            throw Broken("no response to \(uid)")
        }
        guard case .bool(let isAllowed)? = response["allowed"] else { throw Broken("allowed is no boolean") }
        guard (response["patch"] == nil) == (response["patchType"] == nil) else { throw Broken("half a patch") }
        if response["patch"] != nil {
            guard stage == .mutating, isAllowed else { throw Broken("a patch where none may be") }
            guard response["patchType"] == "JSONPatch" else { throw Broken("a patch of an unknown type") }
        }
        if !isAllowed {
            guard response["status"]?["code"] == 403, response["status"]?["reason"] == "Forbidden",
                response["status"]?["message"]?.string?.isEmpty == false
            else { throw Broken("a refusal without its status") }
        }
        for warning in response["warnings"]?.array ?? [] {
            guard let text = warning.string, text.count <= 120,
                text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
            else { throw Broken("a warning that would vanish: \(warning)") }
        }
        for annotation in response["auditAnnotations"]?.object?.members ?? [] {
            guard annotation.key.utf8.count <= 63, !annotation.key.contains("/"), annotation.value.string != nil else {
                throw Broken("an audit annotation that is not qualified: \(annotation.key)")
            }
        }
        return response
    }

    struct Broken: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
