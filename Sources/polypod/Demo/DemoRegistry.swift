import Basics
import Crypto
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
import PodAdmission
import ServiceLifecycle

/// A read-only registry on loopback that implements the part of the OCI distribution specification that look-ups need.
struct DemoRegistry: Service {
    private let application: Application<CallbackResponder<BasicRequestContext>>

    /// Creates a registry that serves `content` on a free port.
    ///
    /// - Parameters:
    ///   - content: The documents.
    ///   - logger: The server's logger.
    ///   - onBound: Receives the port when the registry listens.
    init(_ content: DemoContent, logger: Logger, onBound: @escaping @Sendable (Int) async -> Void) {
        application = Application(
            responder: CallbackResponder { request, _ in Self.respond(to: request, from: content) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in await onBound(channel.localAddress?.port ?? 0) },
            logger: logger
        )
    }

    func run() async throws { try await application.run() }

    private static func respond(to request: Request, from content: DemoContent) -> Response {
        guard request.method == .get || request.method == .head else { return Response(status: .methodNotAllowed) }
        let path = request.uri.path
        guard path != "/v2/" else { return Response(status: .ok) }
        guard path.hasPrefix("/v2/"), let document = content.documents[String(path.dropFirst(4))] else {
            let body: JSONValue = ["errors": [["code": "MANIFEST_UNKNOWN", "message": "no such manifest"]]]
            return Response(status: .notFound, body: .init(byteBuffer: ByteBuffer(string: body.compactText)))
        }
        var headers = HTTPFields()
        headers[.contentType] = document.mediaType
        if let name = HTTPField.Name("Docker-Content-Digest") { headers[name] = document.digest }
        let bytes = request.method == .head ? [] : document.bytes
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// The documents that the demo's registry serves, by their path after `/v2/`.
struct DemoContent: Sendable {
    /// A manifest, an index or a blob.
    struct Document: Sendable {
        let mediaType: String
        let digest: String
        let bytes: [UInt8]
    }

    private(set) var documents: [String: Document] = [:]

    /// Creates the documents of `images`.
    ///
    /// - Throws: ``ImageReference/Invalid`` for a reference that is not valid.
    init(_ images: [DemoImage]) throws {
        for image in images { try add(image) }
    }

    private mutating func add(_ image: DemoImage) throws {
        let reference = try ImageReference(image.reference)
        let repository = reference.repository
        let digest: String
        switch image.content {
        case .image(let platform, let entrypoint, let cmd, let annotations):
            digest = addManifest(repository, platform: platform, program: (entrypoint, cmd), annotations: annotations)
        case .artifact: digest = addArtifact(repository)
        case .index(let entries):
            let descriptors = entries.map { entry -> JSONValue in
                let digest = addManifest(repository, platform: entry.platform, program: (entry.entrypoint, entry.cmd))
                return descriptor(
                    "application/vnd.oci.image.manifest.v1+json",
                    digest,
                    platform: Platform(entry.platform)
                )
            }
            digest = add(
                repository,
                "manifests",
                "application/vnd.oci.image.index.v1+json",
                [
                    "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                    "manifests": .array(descriptors),
                ]
            )
        }
        documents["\(repository)/manifests/\(reference.manifestReference)"] =
            documents["\(repository)/manifests/\(digest)"]
    }

    private mutating func addManifest(
        _ repository: String,
        platform: String,
        program: (entrypoint: [String], cmd: [String]),
        annotations: [String: String] = [:]
    ) -> String {
        let platform = Platform(platform) ?? Platform(os: "linux", architecture: "amd64")
        let config = add(
            repository,
            "blobs",
            "application/vnd.oci.image.config.v1+json",
            [
                "os": .string(platform.os), "architecture": .string(platform.architecture),
                "config": [
                    "Entrypoint": .array(program.entrypoint.map { .string($0) }),
                    "Cmd": .array(program.cmd.map { .string($0) }),
                ],
                "rootfs": ["type": "layers", "diff_ids": .array([])],
            ]
        )
        return add(
            repository,
            "manifests",
            "application/vnd.oci.image.manifest.v1+json",
            [
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": descriptor("application/vnd.oci.image.config.v1+json", config), "layers": .array([]),
                "annotations": .object(JSONObject(annotations.map { .init(key: $0.key, value: .string($0.value)) })),
            ]
        )
    }

    private mutating func addArtifact(_ repository: String) -> String {
        let config = add(
            repository,
            "blobs",
            "application/vnd.wasm.config.v0+json",
            ["os": "wasip1", "architecture": "wasm"]
        )
        let module = add(
            repository,
            "blobs",
            bytes: [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00],
            "application/wasm"
        )
        return add(
            repository,
            "manifests",
            "application/vnd.oci.image.manifest.v1+json",
            [
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": descriptor("application/vnd.wasm.config.v0+json", config),
                "layers": [descriptor("application/wasm", module)],
            ]
        )
    }

    private func descriptor(_ mediaType: String, _ digest: String, platform: Platform? = nil) -> JSONValue {
        var object = JSONObject([
            .init(key: "mediaType", value: .string(mediaType)), .init(key: "digest", value: .string(digest)),
            .init(key: "size", value: .number(String(size(of: digest)))),
        ])
        if let platform {
            object["platform"] = ["os": .string(platform.os), "architecture": .string(platform.architecture)]
        }
        return .object(object)
    }

    private func size(of digest: String) -> Int {
        documents.values.first { $0.digest == digest }?.bytes.count ?? 0
    }

    private mutating func add(_ repository: String, _ kind: String, _ mediaType: String, _ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        return add(repository, kind, bytes: bytes, mediaType)
    }

    private mutating func add(_ repository: String, _ kind: String, bytes: [UInt8], _ mediaType: String) -> String {
        let digest = "sha256:" + SHA256.hash(data: bytes).hexadecimal
        documents["\(repository)/\(kind)/\(digest)"] = Document(mediaType: mediaType, digest: digest, bytes: bytes)
        return digest
    }
}
