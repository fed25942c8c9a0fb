import JSON
import Logging
import NIOCore
import PodAdmission
import Synchronization
import Testing

@testable import WebhookServer

@Suite("The admission handler", .timeLimit(.minutes(1)))
struct AdmissionHandlerTests {
    struct Malformed: Sendable, CustomTestStringConvertible {
        let why: String
        let body: String
        let reason: String
        var testDescription: String { why }
    }

    static let malformed: [Malformed] = [
        .init(why: "an empty body", body: "", reason: "not valid JSON at byte 0: the document ends early"),
        .init(why: "YAML", body: "apiVersion: v1", reason: "not valid JSON at byte 0"),
        .init(why: "a truncated body", body: #"{"kind":"AdmissionRev"#, reason: "not valid JSON"),
        .init(why: "a control character in a string", body: "{\"kind\":\"\u{0}\"}", reason: "not valid JSON"),
        .init(why: "text after the review", body: Reviews.review().compactText + "x", reason: "text behind"),
        .init(
            why: "deep nesting, which must not exhaust the stack",
            body: String(repeating: "[", count: 100_000),
            reason: "not valid JSON"
        ),
        .init(why: "a list", body: "[]", reason: "expected an AdmissionReview, found a list"),
        .init(
            why: "another kind",
            body: Reviews.review(setting: "kind", to: "Pod").compactText,
            reason: #"kind: expected AdmissionReview, found "Pod""#
        ),
        .init(
            why: "the version v1beta1",
            body: Reviews.review(setting: "apiVersion", to: "admission.k8s.io/v1beta1").compactText,
            reason: #"apiVersion: expected admission.k8s.io/v1, found "admission.k8s.io/v1beta1""#
        ),
        .init(
            why: "a version that is a number",
            body: Reviews.review(setting: "apiVersion", to: 1).compactText,
            reason: "apiVersion: expected admission.k8s.io/v1, found a number"
        ),
        .init(
            why: "a long kind with a terminal's control sequence",
            body: Reviews.review(setting: "kind", to: .string("\u{1B}[2J" + String(repeating: "x", count: 5000)))
                .compactText,
            reason: "kind: expected AdmissionReview, found \"[2J" + String(repeating: "x", count: 36) + "…\""
        ),
        .init(
            why: "no request",
            body: Reviews.review(setting: "request", to: Optional.none).compactText,
            reason: "request: required"
        ),
        .init(
            why: "a null request",
            body: Reviews.review(setting: "request", to: .null).compactText,
            reason: "request"
        ),
        .init(
            why: "no uid",
            body: Reviews.review(setting: "request", "uid", to: Optional.none).compactText,
            reason: "request.uid: required, a string"
        ),
        .init(
            why: "an empty uid, which no response can match",
            body: Reviews.review(setting: "request", "uid", to: "").compactText,
            reason: "request.uid: required, a string"
        ),
        .init(
            why: "a uid that is too long to repeat",
            body: Reviews.review(setting: "request", "uid", to: .string(String(repeating: "u", count: 300)))
                .compactText,
            reason: "request.uid: longer than 253 bytes"
        ),
    ]

    @Test("A body that is not a review gets status 400 and one line", arguments: malformed)
    func refusesMalformed(_ row: Malformed) async {
        let handler = AdmissionHandler.test()
        let reply = await handler.answer(ByteBuffer(string: row.body), stage: .mutating, deadline: .now + .seconds(1))
        #expect(reply.status == 400)
        #expect(reply.contentType.hasPrefix("text/plain"))
        #expect(reply.text.contains(row.reason), "\(reply.text)")
        #expect(reply.text.utf8.count < 300)
        #expect(reply.text.split(separator: "\n").count == 1)
    }

    struct Untouched: Sendable, CustomTestStringConvertible {
        let why: String
        let review: JSONValue
        var warning: String?
        var testDescription: String { why }
    }

    static let untouched: [Untouched] = [
        .init(why: "a native Pod", review: Reviews.review()),
        .init(
            why: "another kind",
            review: Reviews.review(setting: "request", "kind", "kind", to: "ConfigMap")
        ),
        .init(
            why: "a Pod of another API group",
            review: Reviews.review(setting: "request", "kind", "group", to: "example.com")
        ),
        .init(why: "no kind", review: Reviews.review(setting: "request", "kind", to: Optional.none)),
        .init(why: "an unknown operation", review: Reviews.review(setting: "request", "operation", to: "PATCH")),
        .init(
            why: "a deletion, which has no object",
            review: Reviews.review(setting: "request", "object", to: .null)
        ),
        .init(
            why: "a Pod without a spec, which the API server refuses",
            review: Reviews.review(setting: "request", "object", "spec", to: Optional.none),
            warning: "polypod: not looked at: spec: required"
        ),
        .init(
            why: "an image that is a number",
            review: Reviews.review(Reviews.pod([["name": "a", "image": 7]])),
            warning: "polypod: not looked at: spec.containers[0].image: expected a string, found a number"
        ),
        .init(
            why: "containers that are not a list",
            review: Reviews.review(setting: "request", "object", "spec", "containers", to: [:]),
            warning: "polypod: not looked at: spec.containers: expected a list, found an object"
        ),
        .init(
            why: "an old Pod that cannot be read",
            review: Reviews.review(setting: "request", "oldObject", to: ["spec": 1]),
            warning: "polypod: not looked at: spec: expected an object, found a number"
        ),
        .init(
            why: "a field whose name has a line feed and control characters",
            review: Reviews.review(
                setting: "request",
                "object",
                "metadata",
                to: ["labels": .object(JSONObject([.init(key: "a\nb\u{7}\u{202E}", value: 1)]))]
            ),
            warning: #"polypod: not looked at: metadata.labels["ab"]: expected a string, found a number"#
        ),
    ]

    @Test("A review is admitted without a patch", arguments: untouched, [AdmissionStage.mutating, .validating])
    func admitsUntouched(_ row: Untouched, stage: AdmissionStage) async throws {
        let facts = ImageFacts(
            digest: "sha256:1",
            content: .image(
                ImageDescription(
                    digest: "sha256:1",
                    platform: Platform(os: "linux", architecture: "amd64"),
                    entrypoint: ["/web"]
                )
            )
        )
        let images = ImageTable(table: ["registry.example/web:1": .resolved(facts, staleSeconds: nil)])
        let reply = await AdmissionHandler.test(images).answer(row.review, stage: stage)
        let response = try reply.response(stage: stage)
        #expect(response["allowed"] == true)
        #expect(response["patch"] == nil)
        #expect(response["warnings"]?.array?.first?.string == row.warning)
    }

    @Test("The mutating webhook patches a Wasm Pod; the validating one denies it without the patch")
    func patchesAndRefuses() async throws {
        let pod = Reviews.pod([Reviews.wasmContainer, Reviews.nativeContainer])
        let handler = AdmissionHandler.test()
        let mutated = try await handler.answer(Reviews.review(pod)).response(stage: .mutating)
        #expect(mutated["allowed"] == true)
        let patch = try #require(mutated["patch"]?.string.flatMap(Decoding.base64))
        let operations = try #require(try JSONParser.parse(patch).array)
        #expect(operations.contains { $0["path"] == "/spec/runtimeClassName" })
        #expect(mutated["auditAnnotations"]?["class"] == "wasm=1 unknown=1")
        #expect(mutated["auditAnnotations"]?["policy"] == "built-in")

        let validated = try await handler.answer(Reviews.review(pod), stage: .validating).response(stage: .validating)
        #expect(validated["allowed"] == false)
        #expect(validated["status"]?["message"]?.string?.contains("[mutation-missed]") == true)
        #expect(validated["auditAnnotations"]?["decision"] == "denied")
    }

    @Test("A Pod of a thousand containers gets a small response by the deadline")
    func boundsThousandContainers() async throws {
        let containers = (0..<1000).map { index -> JSONValue in
            ["name": .string("c\(index)"), "image": .string("registry.example/image\(index):1")]
        }
        let images = SilentResolver()
        let handler = AdmissionHandler.test(images)
        let began = ContinuousClock.now
        let body = ByteBuffer(string: Reviews.review(Reviews.pod(containers)).compactText)
        let deadline = began + .milliseconds(200)
        let reply = await handler.answer(body, stage: .validating, deadline: deadline)
        let response = try reply.response(stage: .validating)
        let asked = images.asked.withLock { $0 }
        #expect(asked.map(\.images.count) == [1000])
        #expect(asked.map(\.deadline) == [deadline])
        #expect(response["warnings"]?.array?.count == AdmissionResponse.mostWarnings)
        #expect(response["warnings"]?.array?.last?.string?.hasPrefix("and ") == true)
        #expect(reply.body.readableBytes < 16 << 10)
    }

    @Test("Every review that gets a response is logged in one line")
    func logsDecision() async throws {
        let lines = LineRecorder()
        let handler = AdmissionHandler.test(
            logger: Logger(label: "test") { _ in lines.handler() }
        )
        _ = await handler.answer(Reviews.review(Reviews.pod([Reviews.wasmContainer])))
        _ = await handler.answer(["kind": "Nonsense"])
        let metadata = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(metadata["uid"] == "uid-1")
        #expect(metadata["result"] == "patched")
        #expect(metadata["classes"] == "wasm=1")
        #expect(metadata["stage"] == "mutate")
    }
}

/// Records the metadata of log lines.
final class LineRecorder: Sendable {
    private let lines = Mutex<[[String: String]]>([])

    var all: [[String: String]] { lines.withLock { $0 } }

    func handler() -> Handler { Handler(recorder: self) }

    struct Handler: LogHandler {
        let recorder: LineRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            var line = (event.metadata ?? [:]).mapValues { "\($0)" }
            line["message"] = event.message.description
            recorder.lines.withLock { $0.append(line) }
        }
    }
}

enum Decoding {
    /// The text that `encoded` decodes to; nil if it is not Base64 with padding.
    static func base64(_ encoded: String) -> String? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        guard encoded.utf8.count % 4 == 0 else { return nil }
        var bits: UInt32 = 0
        var count = 0
        var bytes: [UInt8] = []
        for byte in encoded.utf8.prefix(while: { $0 != UInt8(ascii: "=") }) {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
