import JSON

/// What the API server does with a request if a webhook does not answer (admissionregistration.k8s.io/v1).
enum FailurePolicy: String, Sendable, Hashable, CaseIterable {
    /// The request goes on without the webhook.
    case ignore = "Ignore"
    /// The request is refused.
    case fail = "Fail"

    /// Reads the policy of the entry `webhook` in a webhook configuration; nil if there is no such entry.
    ///
    /// An entry without a policy has the API's default, `Fail`.
    init?(of webhook: String, in configuration: JSONValue) {
        guard let index = Self.index(of: webhook, in: configuration) else { return nil }
        let value = configuration["webhooks"]?.array?[index]["failurePolicy"]?.string
        self = value.flatMap(FailurePolicy.init(rawValue:)) ?? .fail
    }

    /// The operations (RFC 6902) that set this policy in the entry `webhook`; nil if there is no such entry.
    ///
    /// A JSON patch names the entry by its index, which may have changed since the configuration was read. A `test`
    /// operation makes the patch fail then.
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
