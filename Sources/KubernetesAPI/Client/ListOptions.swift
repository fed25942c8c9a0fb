/// What is listed and watched.
struct ListOptions: Sendable {
    let resource: KubernetesResource
    let namespace: String?
    let query: [URLQuery.Item]
    /// Whether only the metadata of the objects is wanted.
    private let metadataOnly: Bool

    init(
        _ resource: KubernetesResource,
        namespace: String? = nil,
        labelSelector: String? = nil,
        fieldSelector: String? = nil,
        metadataOnly: Bool = false
    ) {
        self.resource = resource
        self.namespace = namespace
        self.metadataOnly = metadataOnly
        let selectors = [("labelSelector", labelSelector), ("fieldSelector", fieldSelector)]
        query = selectors.compactMap { name, value in value.map { (name, $0) } }
    }

    /// The path of the objects.
    func path() throws(KubernetesAPIError) -> String { try resource.path(namespace: namespace) }

    /// What is accepted as a list.
    var listType: String { type(of: "PartialObjectMetadataList") }

    /// What is accepted as an object of a watch.
    var watchType: String { type(of: "PartialObjectMetadata") }

    private func type(of kind: String) -> String {
        metadataOnly ? "application/json;as=\(kind);g=meta.k8s.io;v=v1" : "application/json"
    }
}
