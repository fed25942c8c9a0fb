import JSON

/// The caBundles of one webhook configuration, as far as its webhooks call Polypod's Service.
struct PublishedBundles: Sendable, Equatable {
    /// One webhook of the configuration.
    struct Entry: Sendable, Equatable {
        /// Its place in the list.
        let index: Int
        let name: String
        /// Base64 of PEM; nil where nothing is written there.
        let bundle: String?
    }

    let resourceVersion: String
    let entries: [Entry]

    /// Reads a MutatingWebhookConfiguration or a ValidatingWebhookConfiguration, which are alike in these fields.
    ///
    /// - Throws: ``FieldError`` where it is neither.
    init(reading configuration: JSONValue, service name: String, in namespace: String) throws(FieldError) {
        let object = try configuration.asObject()
        let metadata = try object.required("metadata") { value throws(FieldError) in try value.asObject() }
        resourceVersion = try metadata.required("resourceVersion") { value throws(FieldError) in try value.asString() }
        let webhooks = object["webhooks"]?.array ?? []
        entries = webhooks.enumerated().compactMap { index, webhook in
            let client = webhook["clientConfig"]
            let service = client?["service"]
            guard service?["name"]?.string == name, service?["namespace"]?.string == namespace else { return nil }
            return Entry(index: index, name: webhook["name"]?.string ?? "", bundle: client?["caBundle"]?.string)
        }
    }

    /// The webhooks whose caBundle does not hold exactly the certificates of `bundle`, in whatever order.
    ///
    /// One that holds more is wrong, too: a CA that nobody knows of could answer for Polypod.
    func wrong(_ bundle: [AuthorityCertificate]) -> [Entry] {
        let wanted = Set(bundle.map(\.der))
        return entries.filter { $0.bundle.flatMap(CABundle.identities(ofEncoded:)) != wanted }
    }

    /// The JSON patch that writes `bundle` to `entries`.
    ///
    /// Places in a list mean something only in the version that was read, so the patch is for that version alone. The
    /// API server answers 422 where the test fails.
    func patch(_ entries: [Entry], to bundle: [AuthorityCertificate]) -> [JSONValue] {
        let text = JSONValue.string(CABundle.encoded(bundle))
        return [["op": "test", "path": "/metadata/resourceVersion", "value": .string(resourceVersion)]]
            + entries.map { entry in
                JSONPatchOperation(add: ["webhooks", String(entry.index), "clientConfig", "caBundle"], value: text).json
            }
    }
}
