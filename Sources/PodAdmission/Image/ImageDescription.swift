/// One image: the fields of its manifest and config that a decision needs (OCI image-spec, manifest.md, config.md).
public struct ImageDescription: Sendable, Equatable {
    /// The manifest's digest.
    public var digest: String
    /// The platform of the config; nil if the config has none, or is not an image config.
    public var platform: Platform?
    /// The manifest's annotations for crun.
    public var annotations: WasmAnnotations
    /// The kind of Wasm artifact; nil for an image with a root file system.
    public var unrunnable: UnrunnableImage?
    /// The config's Entrypoint.
    public var entrypoint: [String]
    /// The config's Cmd.
    public var cmd: [String]
    /// The config's WorkingDir; empty for `/`.
    public var workingDirectory: String

    /// Creates a description; the defaults are for an empty config.
    ///
    /// - Parameters:
    ///   - digest: The manifest's digest.
    ///   - platform: The platform of the config.
    ///   - annotations: The manifest's annotations for crun.
    ///   - unrunnable: The kind of Wasm artifact.
    ///   - entrypoint: The config's Entrypoint.
    ///   - cmd: The config's Cmd.
    ///   - workingDirectory: The config's WorkingDir; empty for `/`.
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

/// The annotations of a manifest, an index or an index entry that mark an image for crun.
public struct WasmAnnotations: Sendable, Equatable {
    /// `module.wasm.image/variant`; nil if it is missing.
    public var variant: String?
    /// `run.oci.handler`; nil if it is missing.
    public var handler: String?

    /// Creates annotations; without arguments, both are missing.
    public init(variant: String? = nil, handler: String? = nil) {
        self.variant = variant
        self.handler = handler
    }
}

/// The forms of Wasm that crun with WasmEdge cannot run.
public enum UnrunnableImage: String, Sendable, Equatable, CaseIterable {
    /// A Wasm OCI artifact (`application/vnd.wasm.config.v0+json` and older types): no root file system.
    case artifact
    /// A Spin application: no root file system.
    case spin
    /// A proxy-wasm plugin, which only Envoy can load.
    case envoyPlugin = "envoy-plugin"
    /// A component of WASI 0.2; crun does not enable WasmEdge's component loader.
    case component
    /// A module in text form, which WasmEdge cannot parse.
    case text = "wat"
    /// A module of Go's `js/wasm`, which needs a JavaScript engine.
    case javaScript = "js"

    /// The form, in words that follow "the image is".
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

    /// How to fix it.
    public var remedy: String {
        switch self {
        case .artifact:
            "build it as an image (FROM scratch, COPY app.wasm), use a runwasi class, or mount it as an image volume (CRI-O)"
        case .spin: "set runtimeClassName to a Spin class"
        case .envoyPlugin: "load it with Envoy or Istio's WasmPlugin"
        case .component: "build the module for wasip1, or use a runwasi class"
        case .text: "compile it with wat2wasm"
        case .javaScript: "build with GOOS=wasip1"
        }
    }
}
