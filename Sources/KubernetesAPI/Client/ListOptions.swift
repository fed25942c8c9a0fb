/// The objects of a list or of a watch.
struct ListOptions: Sendable {
    let resource: KubernetesResource
    /// The namespace; nil for all.
    let namespace: String?
    /// Whether the API server sends only the objects' metadata.
    let metadataOnly: Bool

    init(_ resource: KubernetesResource, namespace: String? = nil, metadataOnly: Bool = false) {
        self.resource = resource
        self.namespace = namespace
        self.metadataOnly = metadataOnly
    }

    /// The path of the objects.
    func path() throws(KubernetesAPIError) -> String { try resource.path(namespace: namespace) }

    /// The media type of a list.
    var listType: String { type(of: "PartialObjectMetadataList") }

    /// The media type of a watch.
    var watchType: String { type(of: "PartialObjectMetadata") }

    private func type(of kind: String) -> String {
        metadataOnly ? "application/json;as=\(kind);g=meta.k8s.io;v=v1" : "application/json"
    }
}
