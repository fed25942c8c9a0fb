import Basics
import Crypto
import JSON
import PodAdmission

/// One image of the demonstration's registry, made on the spot.
struct DemoImage {
    /// What the reference names.
    enum Content {
        /// An image with one platform.
        case image(platform: String, entrypoint: [String], cmd: [String], annotations: [String: String])
        /// A Wasm artifact without a root file system.
        case artifact
        /// An index of images.
        case index([(platform: String, entrypoint: [String], cmd: [String])])
    }

    /// The reference as manifests name it.
    let reference: String
    /// What it is, for people.
    let summary: String
    /// What is made for it.
    let content: Content

    /// The images that the examples name.
    static let all: [DemoImage] = [
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-wasm:1",
            summary: "Wasm, by its platform",
            content: .image(platform: "wasi/wasm", entrypoint: ["/hello.wasm"], cmd: [], annotations: [:])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-wasm-once:1",
            summary: "Wasm that ends by itself",
            content: .image(platform: "wasi/wasm", entrypoint: ["/once.wasm"], cmd: [], annotations: [:])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-annotated:1",
            summary: "Wasm, by its manifest's annotation",
            content: .image(
                platform: "linux/amd64",
                entrypoint: ["/hello.wasm"],
                cmd: [],
                annotations: [AnnotationKey.variant: WasmPolicy.Variant.compatSmart.rawValue]
            )
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-multi:1",
            summary: "an index of Linux and Wasm: native for a node",
            content: .index([
                ("linux/amd64", ["/hello"], []), ("linux/arm64", ["/hello"], []), ("wasi/wasm", ["/hello.wasm"], []),
            ])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-wasm-index:1",
            summary: "an index of Wasm alone, which gets pinned",
            content: .index([("wasi/wasm", ["/hello.wasm"], [])])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-artifact:1",
            summary: "a Wasm artifact, which crun cannot run",
            content: .artifact
        ),
        module("echo-server", summary: "Wasm, an HTTP server"),
        module("page", summary: "Wasm that makes a page of a text"),
        module("log-source", summary: "Wasm that writes a log to a file"),
        module("exit-code", summary: "Wasm that ends with an exit code"),
        module("memory", summary: "Wasm that takes memory"),
        DemoImage(
            reference: "ghcr.io/spinkube/containerd-shim-spin/examples/spin-rust-hello:v0.15.1",
            summary: "Wasm for Spin",
            content: .image(platform: "wasi/wasm", entrypoint: [], cmd: [], annotations: [:])
        ),
        native("docker.io/library/busybox:1.36", cmd: ["sh"]),
        native("docker.io/nginxinc/nginx-unprivileged:1.27-alpine", entrypoint: ["/docker-entrypoint.sh"]),
        native("registry.k8s.io/git-sync/git-sync:v4.5.0", entrypoint: ["/git-sync"]),
    ]

    /// One of the modules in `deploy/examples/modules`.
    private static func module(_ name: String, summary: String) -> DemoImage {
        DemoImage(
            reference: "ghcr.io/polypod-dev/\(name):1",
            summary: summary,
            content: .image(platform: "wasi/wasm", entrypoint: ["/\(name).wasm"], cmd: [], annotations: [:])
        )
    }

    /// An image for Linux nodes.
    private static func native(_ reference: String, entrypoint: [String] = [], cmd: [String] = []) -> DemoImage {
        DemoImage(
            reference: reference,
            summary: "native",
            content: .index([("linux/amd64", entrypoint, cmd), ("linux/arm64", entrypoint, cmd)])
        )
    }
}

/// What the demonstration's registry serves: documents by the path behind `/v2/`.
struct DemoContent: Sendable {
    /// A document with its media type and digest.
    struct Document: Sendable {
        let mediaType: String
        let digest: String
        let bytes: [UInt8]
    }

    private(set) var documents: [String: Document] = [:]

    /// Makes the documents of `images`.
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
