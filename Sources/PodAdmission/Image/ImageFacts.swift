/// What a registry says of one image reference: enough to tell Wasm from native, and no more.
public struct ImageFacts: Sendable, Equatable {
    /// What the reference names.
    public enum Content: Sendable, Equatable {
        /// One image, or an artifact in the form of one.
        case image(ImageDescription)
        /// An index of images, attestations left out. `only` is the image behind the sole entry, where the index
        /// wraps a single Linux image, as BuildKit's attestations make it do.
        case index([IndexEntry], only: ImageDescription?)
    }

    /// The digest of the manifest or index that the reference names.
    public var digest: String
    /// What it is.
    public var content: Content

    /// Creates facts.
    public init(digest: String, content: Content) {
        self.digest = digest
        self.content = content
    }

    /// The platforms that the reference offers, in the order of the index.
    public var platforms: [Platform] {
        switch content {
        case .image(let manifest): manifest.platform.map { [$0] } ?? []
        case .index(let entries, _): entries.compactMap(\.platform)
        }
    }
}

/// One entry of an image index.
public struct IndexEntry: Sendable, Equatable {
    /// The digest of the manifest that the entry names.
    public var digest: String
    /// The platform the index gives for it; an index need not give one.
    public var platform: Platform?

    /// Creates an entry.
    public init(digest: String, platform: Platform?) {
        self.digest = digest
        self.platform = platform
    }
}

/// One image manifest with what counts of its config.
public struct ImageDescription: Sendable, Equatable {
    /// The manifest's digest.
    public var digest: String
    /// The platform of the config; nil where the config has none, or is no image config.
    public var platform: Platform?
    /// The manifest's annotation `module.wasm.image/variant`.
    public var variantAnnotation: String?
    /// The manifest's annotation `run.oci.handler`.
    public var handlerAnnotation: String?
    /// What kind of artifact it is, where it is no image with a root file system.
    public var unrunnable: UnrunnableImage?
    /// The config's Entrypoint.
    public var entrypoint: [String]
    /// The config's Cmd.
    public var cmd: [String]
    /// The config's WorkingDir; empty for `/`.
    public var workingDirectory: String

    /// Creates a manifest.
    public init(
        digest: String,
        platform: Platform?,
        variantAnnotation: String? = nil,
        handlerAnnotation: String? = nil,
        unrunnable: UnrunnableImage? = nil,
        entrypoint: [String] = [],
        cmd: [String] = [],
        workingDirectory: String = ""
    ) {
        self.digest = digest
        self.platform = platform
        self.variantAnnotation = variantAnnotation
        self.handlerAnnotation = handlerAnnotation
        self.unrunnable = unrunnable
        self.entrypoint = entrypoint
        self.cmd = cmd
        self.workingDirectory = workingDirectory
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
