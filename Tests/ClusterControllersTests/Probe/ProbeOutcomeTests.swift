import JSON
import KubernetesAPI
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("The outcome of a probe")
struct ProbeOutcomeTests {
    typealias Code = KubernetesAPIError.Code

    private static let ours = #"admission webhook "pods.polypod.dev" denied the request: "#
    private static let other = #"admission webhook "x.example" "#
    private static let probe = #"container "probe": exec readinessProbe never works in a Wasm container; use httpGet "#

    struct Row: Sendable {
        var code: Code
        var message: String?
        var outcome: ProbeOutcome
        var why: String

        init(_ code: Code, _ message: String?, _ outcome: ProbeOutcome, _ why: String) {
            (self.code, self.message, self.outcome, self.why) = (code, message, outcome, why)
        }
    }

    static let rows: [Row] = [
        Row(.forbidden, ours + probe + "[exec-probe]", .succeeded, "refused for the exec probe alone"),
        Row(.forbidden, ours + probe + "[exec-probe]x [mutation-missed]", .notMutated, "not routed"),
        Row(
            .forbidden,
            ours + "something else [windows-pod]",
            .refusedByOthers,
            "refused by Polypod, but not for the exec probe"
        ),
        Row(
            .forbidden,
            other + "denied the request: [exec-probe]",
            .refusedByOthers,
            "another webhook with the same text"
        ),
        Row(.forbidden, #"pods "x" is forbidden: exceeded quota: q"#, .refusedByOthers, "a quota"),
        Row(.forbidden, #"pod rejected: RuntimeClass "crun-wasmedge" not found"#, .refusedByOthers, "no runtime class"),
        Row(.forbidden, #"pods is forbidden: User "u" cannot create resource "pods""#, .cannotAsk, "no right"),
        Row(.forbidden, nil, .cannotAsk, "a refusal without a message"),
        Row(.notFound, #"namespaces "polypod-probe" not found"#, .cannotAsk, "no namespace"),
        Row(.unauthenticated, "Unauthorized", .cannotAsk, "no credential"),
        Row(
            .refused,
            #"Internal error occurred: failed calling webhook "pods.polypod.dev": failed to call webhook: Post"#,
            .webhookUnreachable,
            "Polypod's webhook is unreachable"
        ),
        Row(
            .refused,
            #"Internal error occurred: failed calling webhook "x.example": failed to call webhook: Post"#,
            .refusedByOthers,
            "another webhook is unreachable"
        ),
        Row(.invalid, "Pod is invalid", .refusedByOthers, "validation"),
        Row(.unreachable, nil, .unreachable, "no API server"),
        Row(.timeout, nil, .unreachable, "a slow API server"),
        Row(.tooManyRequests, nil, .unreachable, "a busy API server"),
    ]

    @Test(arguments: rows)
    func refusals(row: Row) {
        let error = KubernetesAPIError(row.code, "no", serverMessage: row.message)
        #expect(ProbeOutcome(.failure(error)) == row.outcome, "\(row.why)")
    }

    static let admitted: [(JSONValue, Bool)] = [
        (["spec": ["runtimeClassName": "crun-wasmedge"]], true), (["spec": ["containers": []]], false),
        (["spec": ["runtimeClassName": ""]], false), ([:], false),
    ]

    @Test(arguments: admitted)
    func admissions(object: JSONValue, isMutated: Bool) {
        #expect(ProbeOutcome(.success(KubernetesResponse(object: object))) == .notValidated(mutated: isMutated))
    }

    @Test func labelsAreDistinct() {
        #expect(Set(ProbeOutcome.all.map(\.label)).count == ProbeOutcome.all.count)
    }

    /// The real decisions on the Pod lead to the outcomes that they should lead to.
    @Test func realDecisions() throws {
        let pod = try Pod(ProbePod.object)
        var context = AdmissionContext(stage: .mutating, namespace: ProbePod.namespace, isDryRun: true)
        #expect(imagesToInspect(in: pod, context: context, policy: WasmPolicy()).isEmpty, "no registry is asked")
        let mutating = decide(pod, context: context, images: [:], policy: WasmPolicy())
        context.stage = .validating
        func outcome(_ pod: Pod) throws -> ProbeOutcome {
            let decision = decide(pod, context: context, images: [:], policy: WasmPolicy())
            let denial = Self.ours + (try #require(decision.denialMessage))
            let message = denial.split(separator: "\n").joined()
            return ProbeOutcome(.failure(KubernetesAPIError(.forbidden, "no", serverMessage: message)))
        }
        #expect(try outcome(Pod(ProbePod.object.applying(mutating.patch))) == .succeeded)
        #expect(try outcome(pod) == .notMutated)
    }
}
