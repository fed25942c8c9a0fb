/// One image: what counts of its manifest and of its config (OCI image-spec, manifest.md and config.md).
public struct ImageDescription: Sendable, Equatable {
    /// The manifest's digest.
    public var digest: String
    /// The platform of the config; nil where the config has none, or is no image config.
    public var platform: Platform?
    /// The manifest's annotations that count.
    public var annotations: WasmAnnotations
    /// What kind of artifact it is, where it is no image with a root file system.
    public var unrunnable: UnrunnableImage?
    /// The config's Entrypoint.
    public var entrypoint: [String]
    /// The config's Cmd.
    public var cmd: [String]
    /// The config's WorkingDir; empty for `/`.
    public var workingDirectory: String

    /// Creates a description; every part but the digest may be missing.
    public init(
        digest: String,
        platform: Platform? = nil,
        annotations: WasmAnnotations = WasmAnnotations(),
        unrunnable: UnrunnableImage? = nil,
        entrypoint: [String] = [],
        cmd: [String] = [],
        workingDirectory: String = ""
    ) {
        self.digest = digest
        self.platform = platform
        self.annotations = annotations
        self.unrunnable = unrunnable
        self.entrypoint = entrypoint
        self.cmd = cmd
        self.workingDirectory = workingDirectory
    }
}

/// The annotations of a manifest, an index or an entry of one that mark an image for crun.
public struct WasmAnnotations: Sendable, Equatable {
    /// `module.wasm.image/variant`; nil where it is missing.
    public var variant: String?
    /// `run.oci.handler`; nil where it is missing.
    public var handler: String?

    /// Creates annotations.
    public init(variant: String? = nil, handler: String? = nil) {
        self.variant = variant
        self.handler = handler
    }
}

/// Why an image that is Wasm cannot be run by crun with WasmEdge.
public enum UnrunnableImage: String, Sendable, Equatable, CaseIterable {
    /// A Wasm OCI artifact (`application/vnd.wasm.config.v0+json` and its forerunners): no root file system.
    case artifact
    /// A Spin application: no root file system.
    case spin
    /// A proxy-wasm plugin, loaded by Envoy and run by nobody else.
    case envoyPlugin = "envoy-plugin"
    /// A component of WASI 0.2, whose loader crun does not enable.
    case component
    /// A module in text form, for which WasmEdge has no parser.
    case text = "wat"
    /// A module of Go's `js/wasm`, which wants a JavaScript engine.
    case javaScript = "js"

    /// What it is, in words that follow "the image is".
    public var explanation: String {
        switch self {
        case .artifact: "a Wasm artifact without a root file system"
        case .spin: "a Spin application"
        case .envoyPlugin: "an Envoy plugin, not a program"
        case .component: "a WASI 0.2 component"
        case .text: "Wasm in text form (.wat)"
        case .javaScript: "js/wasm, which needs a JavaScript engine"
        }
    }

    /// What its author can do.
    public var remedy: String {
        switch self {
        case .artifact: "build it as an image (FROM scratch, COPY app.wasm), or use a runwasi class"
        case .spin: "set runtimeClassName to a Spin class"
        case .envoyPlugin: "load it with Envoy or Istio's WasmPlugin"
        case .component: "build the module for wasip1, or use a runwasi class"
        case .text: "compile it with wat2wasm"
        case .javaScript: "build with GOOS=wasip1"
        }
    }
}
