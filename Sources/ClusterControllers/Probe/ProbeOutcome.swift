import JSON
public import KubernetesAPI
import PodAdmission

/// What the API server's answer to the dry run of a ``ProbePod`` shows.
public enum ProbeOutcome: Sendable, Hashable {
    /// The Pod was refused for what is wrong with it and nothing else: both webhooks are at work.
    case proven
    /// It was refused for want of what the mutating webhook writes.
    case notMutated
    /// It was admitted: the validating webhook was not asked, or did not answer and is passed over then.
    ///
    /// `mutated` tells whether the mutating webhook was at work.
    case notValidated(mutated: Bool)
    /// The API server could not reach the webhooks, and refused the Pod for that.
    case webhookUnreachable
    /// Somebody else refused it first: a quota, another webhook, a missing runtime class.
    case refusedByOthers
    /// Polypod may not ask, or the namespace of the Pod is not there.
    case cannotAsk
    /// The API server does not answer.
    case unreachable

    /// Every outcome.
    static let all: [ProbeOutcome] = [
        .proven, .notMutated, .notValidated(mutated: true), .notValidated(mutated: false), .webhookUnreachable,
        .refusedByOthers, .cannotAsk, .unreachable,
    ]

    /// Reads the API server's answer.
    public init(_ answer: Result<KubernetesResponse, KubernetesAPIError>) {
        switch answer {
        case .success(let reply):
            let runtimeClass = reply.object["spec"]?["runtimeClassName"]?.string ?? ""
            self = .notValidated(mutated: !runtimeClass.isEmpty)
        case .failure(let error):
            self = Self.refusal(error.serverMessage ?? "") ?? Self.failure(error)
        }
    }

    /// The entry's name in both webhook configurations, which the API server says when the webhook is the reason.
    static let webhook = "pods.polypod.dev"

    /// What the API server's words say of our own webhooks; nil where they say nothing of them.
    ///
    /// The words are those of toStatusErr (apiserver, pkg/admission/plugin/webhook/errors/statuserror.go) and of
    /// ErrCallingWebhook (apiserver, pkg/util/webhook/webhook.go).
    private static func refusal(_ words: String) -> ProbeOutcome? {
        if words.contains("failed calling webhook \"\(webhook)\"") { return .webhookUnreachable }
        guard words.hasPrefix("admission webhook \"\(webhook)\" denied the request") else { return nil }
        if words.contains("[\(CheckCode.mutationMissed.rawValue)]") { return .notMutated }
        return words.contains("[\(CheckCode.execProbe.rawValue)]") ? .proven : .refusedByOthers
    }

    private static func failure(_ error: KubernetesAPIError) -> ProbeOutcome {
        switch error.code {
        case .unreachable, .timeout, .tooManyRequests: .unreachable
        case .notInCluster, .configuration, .unauthenticated, .notFound: .cannotAsk
        // A right that is missing and a refusal of an admission plugin have the same status.
        case .forbidden: isMissingRight(error.serverMessage) ? .cannotAsk : .refusedByOthers
        case .conflict, .alreadyExists, .gone, .invalid, .refused: .refusedByOthers
        }
    }

    /// Whether the authorizer refused (apiserver, endpoints/handlers/responsewriters/errors.go, Forbidden).
    private static func isMissingRight(_ words: String?) -> Bool {
        words?.contains("cannot create resource") ?? true
    }

    /// The outcome as metrics call it.
    public var label: String {
        switch self {
        case .proven: "proven"
        case .notMutated: "not_mutated"
        case .notValidated(mutated: true): "not_validated"
        case .notValidated(mutated: false): "bypassed"
        case .webhookUnreachable: "webhook_unreachable"
        case .refusedByOthers: "refused_by_others"
        case .cannotAsk: "cannot_ask"
        case .unreachable: "unreachable"
        }
    }

    /// Whether it tells of a fault between the API server and the webhooks, and not of one elsewhere.
    public var isOwnFault: Bool {
        switch self {
        case .notMutated, .notValidated, .webhookUnreachable: true
        case .proven, .refusedByOthers, .cannotAsk, .unreachable: false
        }
    }

    /// What it means, and what to look at.
    public var explanation: String {
        switch self {
        case .proven: "the API server reaches both webhooks"
        case .notMutated: "the mutating webhook was passed over: look at the configuration polypod and its caBundle"
        case .notValidated(mutated: true):
            "the validating webhook was passed over: look at the configuration polypod and its caBundle"
        case .notValidated(mutated: false):
            "both webhooks were passed over: look at the configurations polypod, their caBundle and the network"
        case .webhookUnreachable: "the API server cannot reach the webhooks: look at the Service, caBundle and network"
        case .refusedByOthers:
            "somebody else refuses the Pod: let namespace \(ProbePod.namespace) pass there, or add the runtime class"
        case .cannotAsk: "Polypod may not create Pods in \(ProbePod.namespace), or the namespace is missing"
        case .unreachable: "the API server does not answer"
        }
    }
}
