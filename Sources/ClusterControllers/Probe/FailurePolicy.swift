import JSON
import PodAdmission

/// What the API server does with a request where a webhook does not answer (admissionregistration.k8s.io/v1).
public enum FailurePolicy: String, Sendable, Hashable, CaseIterable {
    /// The request goes on without the webhook.
    case ignore = "Ignore"
    /// The request is refused.
    case fail = "Fail"

    /// What a webhook configuration says of the entry `webhook`; nil where it has no such entry.
    ///
    /// An entry that says nothing has the API's default, which is to fail.
    init?(of webhook: String, in configuration: JSONValue) {
        guard let index = Self.index(of: webhook, in: configuration) else { return nil }
        let value = configuration["webhooks"]?.array?[index]["failurePolicy"]?.string
        self = value.flatMap(FailurePolicy.init(rawValue:)) ?? .fail
    }

    /// The operations (RFC 6902) that make a configuration say this policy of the entry `webhook`; nil where there is
    /// no such entry.
    ///
    /// The entry is named by its place, which may have changed since; hence the test.
    func patch(_ webhook: String, in configuration: JSONValue) -> [JSONValue]? {
        guard let index = Self.index(of: webhook, in: configuration) else { return nil }
        return [
            ["op": "test", "path": .string("/webhooks/\(index)/name"), "value": .string(webhook)],
            ["op": "add", "path": .string("/webhooks/\(index)/failurePolicy"), "value": .string(rawValue)],
        ]
    }

    private static func index(of webhook: String, in configuration: JSONValue) -> Int? {
        configuration["webhooks"]?.array?.firstIndex { $0["name"]?.string == webhook }
    }
}
