import Basics
import JSON
import NIOCore
import NIOHTTP1

/// One request to the API server.
struct APICall: Sendable {
    /// The name and the value of a parameter; the value is not yet encoded.
    typealias Parameter = (name: String, value: String)

    let method: HTTPMethod
    /// The path without parameters.
    let path: String
    var query: [Parameter] = []
    var accept = "application/json"
    /// The longest body that is read, in bytes.
    ///
    /// An object has at most the size that etcd accepts, 1.5 MiB by default.
    var limit = 4 << 20
    private(set) var body: ByteBuffer?
    private(set) var contentType: String?

    /// A read.
    static func get(_ path: String, query: [Parameter] = []) -> APICall { APICall(.GET, path, query: query) }

    /// A write of a document.
    init(_ method: HTTPMethod, _ path: String, _ body: JSONValue, type: String) {
        self.init(method, path)
        var bytes: [UInt8] = []
        body.write(to: &bytes)
        self.body = ByteBuffer(bytes: bytes)
        contentType = type
    }

    private init(_ method: HTTPMethod, _ path: String, query: [Parameter] = []) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// The path with its parameters, encoded.
    var target: String {
        guard !query.isEmpty else { return path }
        return "\(path)?\(query.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&"))"
    }

    /// The method and the path, for messages.
    var subject: String { "\(method) \(path)" }
}

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
