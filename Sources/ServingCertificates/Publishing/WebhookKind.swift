import KubernetesAPI

/// The two kinds of webhook configurations.
enum WebhookKind: String, CaseIterable, Sendable {
    case mutating
    case validating

    var resource: KubernetesResource {
        switch self {
        case .mutating: .mutatingWebhookConfigurations
        case .validating: .validatingWebhookConfigurations
        }
    }

    var part: ChangeLogger.Part {
        switch self {
        case .mutating: .mutating
        case .validating: .validating
        }
    }
}
