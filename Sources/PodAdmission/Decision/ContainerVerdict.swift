import JSON

/// The kind of program in a container.
public enum ContainerClass: String, Sendable, Equatable, CaseIterable {
    /// A Wasm module that crun with WasmEdge can run.
    case wasm
    /// A Linux program.
    case native
    /// Wasm, but not in a form that crun can run.
    case notRunnable = "not-runnable"
    /// Not known; such a container is treated neither as Wasm nor as native.
    case unknown
}

/// One reason for the class of a container.
public struct Evidence: Sendable, Equatable {
    /// The sources of evidence, in their order of precedence.
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
        /// The program ends in `.wasm`, on any platform.
        case program
        /// The form of the image: an artifact, a component, a plugin.
        case imageForm = "image-form"
        /// There is no answer about the image.
        case unresolved
    }

    /// The source.
    public let signal: Signal
    /// The value there, without control characters, for people and for annotations.
    public let value: String

    /// Creates evidence; removes control characters from `value` and cuts it to 96 characters.
    public init(_ signal: Signal, _ value: String) {
        self.signal = signal
        self.value = value.plainText(limit: 96)
    }
}

/// The result of classifying one container.
public struct ContainerVerdict: Sendable, Equatable {
    /// The container in the Pod.
    public var container: Container
    /// The kind of its program.
    public var containerClass: ContainerClass
    /// The reasons for the class; never empty.
    public var evidence: [Evidence]
    /// The `process.args` that crun gets; empty if they are not known.
    public var program: [String]
    /// The working directory of the program; nil if it is not known.
    public var workingDirectory: String?
    /// The digest of the image; nil if no registry was asked, or none answered.
    public var digest: String?
    /// The digest to pin the image to; nil if a node pulls the right image by the reference as it is.
    public var pin: String?
    /// The form that crun cannot run, for ``ContainerClass/notRunnable``.
    public var unrunnable: UnrunnableImage?
    /// Why there is no answer from the registry, even if other evidence decided the class.
    public var unresolved: UnresolvedReason?
    /// The age in seconds of a stale answer; nil for a fresh one.
    public var staleSeconds: Int?
    /// Whether the reference names an index without an entry that a node can pull.
    public var isUnpullableIndex = false

    /// The image volume that contains the program; nil if it is in the container's image, or the Pod does not tell.
    public var moduleVolume: ModuleVolume?
    /// Where the program is.
    var place = ProgramPlace.image

    /// The image reference; nil if the container has none, or it is not valid.
    var reference: ImageReference? { container.image.flatMap { try? ImageReference($0) } }

    /// Whether the class is declared, and the registry's answer that could show a digest to pin is missing.
    var isNotPinnedForWantOfAnswer: Bool {
        containerClass == .wasm && unresolved != nil && unresolved?.code != .neverPulled
            && evidence.contains { $0.signal == .podAnnotation || $0.signal == .policy }
    }

    /// Whether `args[0]` ends in `.wasm` or `.wat`, which is Wasm for crun's compat-smart; nil if it is not known.
    ///
    /// The comparison is crun's own, case-sensitive and of the first argument alone (crun, handler-utils.c).
    public var isNamedWasm: Bool? {
        program.first.map { $0.hasSuffix(".wasm") || $0.hasSuffix(".wat") }
    }
}
