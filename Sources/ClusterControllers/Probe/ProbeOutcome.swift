import JSON
import KubernetesAPI
import PodAdmission

/// What the API server's answer to the dry run of a ``ProbePod`` says about the webhooks.
public enum ProbeOutcome: Sendable, Hashable {
    /// The Pod was refused for its one fault and nothing else: both webhooks work.
    case succeeded
    /// The Pod was refused because the changes of the mutating webhook are missing.
    case notMutated
    /// The Pod was admitted: the API server did not call the validating webhook, or went on without its answer.
    ///
    /// `mutated` is whether the mutating webhook worked.
    case notValidated(mutated: Bool)
    /// The API server could not reach the webhooks, and refused the Pod for that.
    case webhookUnreachable
    /// Something else refused the Pod first: a quota, another webhook, a missing runtime class.
    case refusedByOthers
    /// Polypod may not create Pods in the namespace, or the namespace is missing.
    case cannotAsk
    /// The API server does not answer.
    case unreachable

    /// Every outcome.
    static let all: [ProbeOutcome] = [
        .succeeded, .notMutated, .notValidated(mutated: true), .notValidated(mutated: false), .webhookUnreachable,
        .refusedByOthers, .cannotAsk, .unreachable,
    ]

    /// The name of the entry in both webhook configurations, which the API server's messages name.
    static let webhook = "pods.polypod.dev"

    /// Reads the API server's answer.
    init(_ answer: Result<KubernetesResponse, KubernetesAPIError>) {
        switch answer {
        case .success(let response):
            let runtimeClass = response.object["spec"]?["runtimeClassName"]?.string ?? ""
            self = .notValidated(mutated: !runtimeClass.isEmpty)
        case .failure(let error):
            self = Self.refusal(error.serverMessage ?? "") ?? Self.failure(error)
        }
    }

    /// What the API server's message says about Polypod's own webhooks; nil if it does not name them.
    ///
    /// The messages are those of toStatusErr (apiserver, pkg/admission/plugin/webhook/errors/statuserror.go) and of
    /// ErrCallingWebhook (apiserver, pkg/util/webhook/webhook.go).
    private static func refusal(_ message: String) -> ProbeOutcome? {
        if message.contains("failed calling webhook \"\(webhook)\"") { return .webhookUnreachable }
        guard message.hasPrefix("admission webhook \"\(webhook)\" denied the request") else { return nil }
        if message.contains("[\(CheckCode.mutationMissed.rawValue)]") { return .notMutated }
        return message.contains("[\(CheckCode.execProbe.rawValue)]") ? .succeeded : .refusedByOthers
    }

    private static func failure(_ error: KubernetesAPIError) -> ProbeOutcome {
        switch error.code {
        case .unreachable, .timeout, .tooManyRequests: .unreachable
        case .notInCluster, .configuration, .unauthenticated, .notFound: .cannotAsk
        // A missing right and a refusal by an admission plugin have the same status.
        case .forbidden: isMissingRight(error.serverMessage) ? .cannotAsk : .refusedByOthers
        case .conflict, .alreadyExists, .gone, .invalid, .refused: .refusedByOthers
        }
    }

    /// Whether the authorizer refused (apiserver, endpoints/handlers/responsewriters/errors.go, Forbidden).
    private static func isMissingRight(_ message: String?) -> Bool {
        message?.contains("cannot create resource") ?? true
    }

    /// The outcome as a metric label and in logs.
    var label: String {
        switch self {
        case .succeeded: "proven"
        case .notMutated: "not_mutated"
        case .notValidated(mutated: true): "not_validated"
        case .notValidated(mutated: false): "bypassed"
        case .webhookUnreachable: "webhook_unreachable"
        case .refusedByOthers: "refused_by_others"
        case .cannotAsk: "cannot_ask"
        case .unreachable: "unreachable"
        }
    }

    /// Whether the fault is between the API server and the webhooks, and not elsewhere.
    var isOwnFault: Bool {
        switch self {
        case .notMutated, .notValidated, .webhookUnreachable: true
        case .succeeded, .refusedByOthers, .cannotAsk, .unreachable: false
        }
    }

    /// The meaning for people, and what to check.
    var explanation: String {
        switch self {
        case .succeeded: "the API server reaches both webhooks"
        case .notMutated: "the mutating webhook was skipped: check the configuration polypod and its caBundle"
        case .notValidated(mutated: true):
            "the validating webhook was skipped: check the configuration polypod and its caBundle"
        case .notValidated(mutated: false):
            "both webhooks were skipped: check the configurations polypod, their caBundle and the network"
        case .webhookUnreachable: "the API server cannot reach the webhooks: check the Service, caBundle and network"
        case .refusedByOthers:
            "another policy refused the Pod: exempt namespace \(ProbePod.namespace) there, or add the runtime class"
        case .cannotAsk:
            "Polypod may not create Pods in \(ProbePod.namespace), or the namespace is missing: apply the overlay again"
        case .unreachable: "the API server does not answer"
        }
    }
}
