import PodAdmission

/// An image in the demo's registry.
struct DemoImage {
    /// The kind of document that the reference names.
    enum Content {
        /// A manifest for one platform.
        case image(platform: String, entrypoint: [String], cmd: [String], annotations: [String: String])
        /// A Wasm artifact, which has no root file system.
        case artifact
        /// An index with one manifest per platform.
        case index([(platform: String, entrypoint: [String], cmd: [String])])
    }

    /// The reference in the examples.
    let reference: String
    /// A few words about the image, for a list.
    let summary: String
    /// The documents of the image.
    let content: Content

    /// All images that the examples name.
    static let all: [DemoImage] = [
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-wasm:1",
            summary: "Wasm: platform wasi/wasm",
            content: .image(platform: "wasi/wasm", entrypoint: ["/hello.wasm"], cmd: [], annotations: [:])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-wasm-once:1",
            summary: "Wasm that exits by itself",
            content: .image(platform: "wasi/wasm", entrypoint: ["/once.wasm"], cmd: [], annotations: [:])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-annotated:1",
            summary: "Wasm: annotation of the manifest",
            content: .image(
                platform: "linux/amd64",
                entrypoint: ["/hello.wasm"],
                cmd: [],
                annotations: [AnnotationKey.variant: WasmPolicy.Variant.compatSmart.rawValue]
            )
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-multi:1",
            summary: "an index with Linux and Wasm entries: native",
            content: .index([
                ("linux/amd64", ["/hello"], []), ("linux/arm64", ["/hello"], []), ("wasi/wasm", ["/hello.wasm"], []),
            ])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-wasm-index:1",
            summary: "an index with only a Wasm entry, which is pinned",
            content: .index([("wasi/wasm", ["/hello.wasm"], [])])
        ),
        DemoImage(
            reference: "ghcr.io/polypod-dev/hello-artifact:1",
            summary: "a Wasm artifact, which crun cannot run",
            content: .artifact
        ),
        module("echo-server", summary: "Wasm: an HTTP server"),
        module("page", summary: "Wasm that renders a text as a page"),
        module("log-source", summary: "Wasm that writes a log file"),
        module("exit-code", summary: "Wasm that exits with a code"),
        module("memory", summary: "Wasm that allocates memory"),
        DemoImage(
            reference: "ghcr.io/spinkube/containerd-shim-spin/examples/spin-rust-hello:v0.15.1",
            summary: "Wasm for Spin",
            content: .image(platform: "wasi/wasm", entrypoint: [], cmd: [], annotations: [:])
        ),
        native("docker.io/library/busybox:1.36", cmd: ["sh"]),
        native("docker.io/nginxinc/nginx-unprivileged:1.27-alpine", entrypoint: ["/docker-entrypoint.sh"]),
        native("registry.k8s.io/git-sync/git-sync:v4.5.0", entrypoint: ["/git-sync"]),
    ]

    /// A module of `deploy/examples/modules`.
    private static func module(_ name: String, summary: String) -> DemoImage {
        DemoImage(
            reference: "ghcr.io/polypod-dev/\(name):1",
            summary: summary,
            content: .image(platform: "wasi/wasm", entrypoint: ["/\(name).wasm"], cmd: [], annotations: [:])
        )
    }

    /// An image for Linux nodes of both architectures.
    private static func native(_ reference: String, entrypoint: [String] = [], cmd: [String] = []) -> DemoImage {
        DemoImage(
            reference: reference,
            summary: "native",
            content: .index([("linux/amd64", entrypoint, cmd), ("linux/arm64", entrypoint, cmd)])
        )
    }
}
