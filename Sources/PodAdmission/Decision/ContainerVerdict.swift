import JSON

/// What a container's program is.
public enum ContainerClass: String, Sendable, Equatable, CaseIterable {
    /// A Wasm module that crun with WasmEdge can run.
    case wasm
    /// A Linux program.
    case native
    /// Wasm, but not in a form that crun can run.
    case notRunnable = "not-runnable"
    /// Nobody could say; treated as neither.
    case unknown
}

/// One observation that a class rests on.
public struct Evidence: Sendable, Equatable {
    /// The bounded set of observations, in the order in which they are asked.
    public enum Signal: String, Sendable, CaseIterable {
        /// The Pod's annotation `polypod.dev/wasm-containers` or `polypod.dev/native-containers` names the container.
        case podAnnotation = "pod-annotation"
        /// A policy's image rule says `treatAs`.
        case policy
        /// `command[0]` ends in `.wasm`.
        case command
        /// The image's platform.
        case platform
        /// The manifest's annotation together with a `.wasm` program.
        case manifestAnnotation = "manifest-annotation"
        /// The program ends in `.wasm`, whatever the platform.
        case program
        /// The form of the image: an artifact, a component, a plugin.
        case imageForm = "image-form"
        /// No answer.
        case unresolved
    }

    /// What was looked at.
    public let signal: Signal
    /// What was seen, cleaned for people and for annotations.
    public let value: String

    /// Creates evidence; control characters in `value` are dropped and its length is bounded.
    public init(_ signal: Signal, _ value: String) {
        self.signal = signal
        self.value = value.plainText(limit: 96)
    }
}

/// What was found out about one container.
public struct ContainerVerdict: Sendable, Equatable {
    /// The container as the Pod has it.
    public var container: Container
    /// What its program is.
    public var containerClass: ContainerClass
    /// What that rests on; never empty.
    public var evidence: [Evidence]
    /// What crun will see as `process.args`; empty where it is not known.
    public var program: [String]
    /// The directory the program starts in; nil where it is not known.
    public var workingDirectory: String?
    /// The digest that was decided on; nil where no registry was asked or none answered.
    public var digest: String?
    /// The digest to pin the image to, where its index would give a node nothing, or something else.
    public var pin: String?
    /// Why crun cannot run it, for ``ContainerClass/notRunnable``.
    public var unrunnable: UnrunnableImage?
    /// Why there was no answer from the registry, whatever the class rests on instead.
    public var unresolved: UnresolvedReason?
    /// The age in seconds of an answer that had to be served past its time.
    public var staleSeconds: Int?
    /// Whether the reference names an index without an entry that a node would pull, and was not to be pinned.
    public var isUnpullableIndex = false

    /// Whether `args[0]` ends in `.wasm` or `.wat`, which is Wasm for crun's compat-smart; nil where it is unknown.
    ///
    /// The comparison is crun's own, case-sensitive and of the first argument alone (crun, handler-utils.c).
    public var isNamedWasm: Bool? {
        program.first.map { $0.hasSuffix(".wasm") || $0.hasSuffix(".wat") }
    }
}
