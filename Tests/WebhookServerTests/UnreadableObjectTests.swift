import JSON
import NIOCore
import PodAdmission
import Testing

@testable import WebhookServer

@Suite("Objects that cannot be read", .timeLimit(.minutes(1)))
struct UnreadableObjectTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        var policy = #"{"images":{"requireDigest":true}}"#
        var body: String
        /// Whether the Pod is refused; otherwise the review gets status 400, or is admitted with a warning.
        var isRefused = true
        var isReview = false
        var labels: [String: String] = [:]
        var testDescription: String { why }
    }

    /// A review whose object has a text in place of its spec.
    private static func review(
        _ spec: String,
        metadata: JSONValue = ["name": "demo"],
        _ request: (String, JSONValue)...
    )
        -> String
    {
        var review = Reviews.review(["metadata": metadata, "spec": "SPEC"])
        for (key, value) in request {
            guard case .object(var outer) = review, case .object(var inner)? = outer["request"] else { continue }
            inner[key] = value
            outer["request"] = .object(inner)
            review = .object(outer)
        }
        return review.compactText.replacingFirst("\"SPEC\"", with: spec)
    }

    private static let many =
        #"{"containers":[{"name":"a","env":["#
        + String(repeating: #"{"name":"a"},"#, count: 110_000) + "{}]}]}"
    private static let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    private static let long =
        #"{"containers":[{"args":[""# + String(repeating: #"\u003c"#, count: 1_400_000) + #""]}]}"#
    private static let wrong = #"{"containers":[{"name":"a","image":7}]}"#

    static let rows: [Row] = [
        Row(why: "more values than the limit", body: review(many)),
        Row(why: "nested deeper than the limit", body: review(deep)),
        Row(why: "a text that takes six times its size in JSON", body: review(long)),
        Row(why: "a field of the wrong type", body: review(wrong)),
        Row(why: "a bracket and a quotation mark in a string", body: review(#"{"a":"]}\"","b":"# + deep + "}")),
        Row(why: "an update", body: review(many, ("operation", "UPDATE"))),
        Row(
            why: "a debug container",
            body: review(many, ("operation", "UPDATE"), ("subResource", "ephemeralcontainers"))
        ),
        Row(
            why: "a Pod that is being deleted can lose its finalizers",
            body: review(many, metadata: ["deletionTimestamp": "2026-01-01T00:00:00Z"], ("operation", "UPDATE")),
            isRefused: false
        ),
        Row(why: "a mirror Pod", body: review(many, ("userInfo", ["username": "system:node:a"])), isRefused: false),
        Row(why: "no policy restricts images", policy: "{}", body: review(many), isRefused: false),
        Row(
            why: "a policy that only warns",
            policy: #"{"mode":"Warn","images":{"requireDigest":true}}"#,
            body: review(many),
            isRefused: false
        ),
        Row(
            why: "a policy of other namespaces",
            policy: #"{"match":{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"x"}}},"#
                + #""images":{"requireDigest":true}}"#,
            body: review(many),
            isRefused: false
        ),
        Row(
            why: "a policy of some Pods can be that of this one",
            policy: #"{"match":{"podSelector":{"matchLabels":{"a":"b"}}},"images":{"requireDigest":true}}"#,
            body: review(many)
        ),
        Row(
            why: "a namespace that may opt out, and does",
            body: review(many),
            isRefused: false,
            labels: ["polypod.dev/inject": "disabled"]
        ),
        Row(
            why: "a field of the wrong type without a restriction: the API server refuses it",
            policy: "{}",
            body: review(wrong),
            isRefused: false,
            isReview: true
        ),
        Row(why: "a document that ends early", body: String(review(many).dropLast(20)), isRefused: false),
    ]

    @Test("A Pod that cannot be read is refused where a policy restricts images", arguments: rows)
    func refuses(_ row: Row) async throws {
        let policy = try WasmPolicy(
            reading: JSONParser.parse(
                #"{"apiVersion":"polypod.dev/v1alpha1","kind":"WasmPolicy","metadata":{"name":"p"},"spec":\#(row.policy)}"#
            )
        )
        var environment = AdmissionEnvironment(policies: PolicySet([policy]))
        environment.namespaceLabels = { _ in row.labels }
        let handler = AdmissionHandler.test(environment: environment)
        for stage in [AdmissionStage.mutating, .validating] {
            let reply = await handler.answer(ByteBuffer(string: row.body), stage: stage, deadline: .now + .seconds(5))
            guard row.isRefused || row.isReview else {
                #expect(reply.status == 400, "\(row.why)")
                continue
            }
            let response = try reply.response(stage: stage)
            #expect(response["allowed"] == .bool(!row.isRefused))
            guard row.isRefused else { continue }
            let message = response["status"]?["message"]?.string ?? ""
            #expect(message.contains("cannot be read"), "\(message)")
            #expect(message.hasSuffix("[image-unresolved]"), "\(message)")
        }
    }
}

extension String {
    fileprivate func replacingFirst(_ word: String, with text: String) -> String {
        guard let range = firstRange(of: word) else { return self }
        return String(self[..<range.lowerBound]) + text + self[range.upperBound...]
    }

}
