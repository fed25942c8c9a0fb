import JSON

/// The caBundles and paths of one webhook configuration, for the webhooks that call Polypod's Service.
struct PublishedBundles: Sendable, Equatable {
    /// One webhook of the configuration.
    struct Entry: Sendable, Equatable {
        /// Its position in the list.
        let index: Int
        let name: String
        /// Base64 of PEM; nil if the webhook has no caBundle.
        let bundle: String?
        /// The path that the API server calls; nil if the webhook has none.
        let path: String?
    }

    let entries: [Entry]
    private let resourceVersion: String
    private let path: String

    /// Reads a MutatingWebhookConfiguration or a ValidatingWebhookConfiguration, which have the same fields here.
    ///
    /// - Parameters:
    ///   - configuration: The object.
    ///   - name: The name of Polypod's Service.
    ///   - namespace: The namespace of Polypod's Service.
    ///   - path: The path of the webhooks before the segment, such as `/mutate`.
    /// - Throws: `FieldError` if the object is neither.
    init(
        reading configuration: JSONValue,
        service name: String,
        in namespace: String,
        path: String
    ) throws(FieldError) {
        self.path = path
        let object = try configuration.asObject()
        let metadata = try object.required("metadata") { value throws(FieldError) in try value.asObject() }
        resourceVersion = try metadata.required("resourceVersion") { value throws(FieldError) in try value.asString() }
        let webhooks = object["webhooks"]?.array ?? []
        entries = webhooks.enumerated().compactMap { index, webhook in
            let client = webhook["clientConfig"]
            let service = client?["service"]
            guard service?["name"]?.string == name, service?["namespace"]?.string == namespace else { return nil }
            return Entry(
                index: index,
                name: webhook["name"]?.string ?? "",
                bundle: client?["caBundle"]?.string,
                path: service?["path"]?.string
            )
        }
    }

    /// The webhooks with another path, or whose caBundle does not contain exactly the wanted certificates, in any order.
    ///
    /// A caBundle with more certificates is wrong too: the owner of an unknown CA could answer in Polypod's place.
    func wrong(_ settings: WebhookClientSettings) -> [Entry] {
        let wanted = Set(settings.bundle.map(\.der))
        let path = "\(path)/\(settings.segment)"
        return entries.filter { $0.path != path || $0.bundle.flatMap(CABundle.identities(ofEncoded:)) != wanted }
    }

    /// The JSON patch that writes the CAs and the path to `entries`.
    ///
    /// Positions in a list are valid only for the version that was read, so the patch tests that version. The API server
    /// answers 422 if the test fails.
    func patch(_ entries: [Entry], to settings: WebhookClientSettings) -> [JSONValue] {
        let text = JSONValue.string(CABundle.encoded(settings.bundle))
        let path = JSONValue.string("\(path)/\(settings.segment)")
        return [["op": "test", "path": "/metadata/resourceVersion", "value": .string(resourceVersion)]]
            + entries.flatMap { entry in
                let client = ["webhooks", String(entry.index), "clientConfig"]
                return [
                    JSONPatchOperation(add: client + ["caBundle"], value: text).json,
                    JSONPatchOperation(add: client + ["service", "path"], value: path).json,
                ]
            }
    }
}
