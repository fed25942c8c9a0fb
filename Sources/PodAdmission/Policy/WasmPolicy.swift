/// What a cluster wants of Pods with Wasm: the object `WasmPolicy` of `polypod.dev/v1alpha1`.
///
/// The same schema serves the policy file of the server and that of the command line.
public struct WasmPolicy: Sendable, Equatable {
    /// How far a policy goes.
    public enum Mode: String, Sendable, Equatable, CaseIterable {
        /// Pods are changed and refused.
        case enforce = "Enforce"
        /// Pods are changed; what would be refused is a warning.
        case warn = "Warn"
        /// Nothing is changed or refused; everything that would be is said.
        case dryRun = "DryRun"
    }

    /// crun's ways to tell Wasm from native (crun, handler-utils.c).
    public enum Variant: String, Sendable, Equatable, CaseIterable {
        /// Every container is Wasm.
        case compat
        /// A container is Wasm when `args[0]` ends in `.wasm`.
        case compatSmart = "compat-smart"
    }

    /// What becomes of a Pod whose images nobody could tell.
    public enum OnUnresolvedImage: String, Sendable, Equatable, CaseIterable {
        /// It is admitted in silence.
        case allow = "Allow"
        /// It is admitted with a warning.
        case warn = "Warn"
        /// It is refused.
        case deny = "Deny"
    }

    /// What becomes of Deployments and other workloads whose Pods would be refused.
    public enum OnWorkload: String, Sendable, Equatable, CaseIterable {
        /// They are not looked at.
        case off = "Off"
        /// They are admitted; what would be said or refused of their Pods is a warning.
        case warn = "Warn"
        /// They are refused as their Pods would be.
        case deny = "Deny"
    }

    /// The runtime side of a policy.
    public struct Runtime: Sendable, Equatable {
        /// The class to inject.
        public var runtimeClassName = "crun-wasmedge"
        /// The variant to inject into mixed Pods.
        public var variant = Variant.compatSmart
        /// The classes that run Wasm beside native containers by crun's rules; `runtimeClassName` is always one.
        public var mixedRuntimeClassNames: [String] = []
        /// The classes that run Wasm in a way of their own; their Pods are left alone.
        public var otherWasmRuntimeClassNames = [
            "crun", "crun-wasm", "crun-wasmer", "crun-wasmtime", "lunatic", "slight", "spin", "wasmedge", "wasmer",
            "wasmtime", "wasmtime-slight", "wasmtime-spin", "wasmtime-spin-v2", "wws",
        ]
        /// Whether the nodes' crun gives a module's exit code to the container; Debian's does not.
        public var preservesExitCodes = false
        /// The platforms of the cluster's nodes: what a node would pull from an index; empty for every Linux platform.
        public var nodePlatforms: [Platform] = []

        /// Creates the built-in runtime.
        public init() {}

        /// Whether Pods of `runtimeClassName` follow crun's rules for Wasm.
        public func isMixed(_ runtimeClassName: String) -> Bool {
            runtimeClassName == self.runtimeClassName || mixedRuntimeClassNames.contains(runtimeClassName)
        }
    }

    /// What a policy says of some images.
    public struct ImageRule: Sendable, Equatable {
        /// How the images are to be treated.
        public enum TreatAs: String, Sendable, Equatable, CaseIterable {
            case wasm = "Wasm"
            case native = "Native"
        }

        /// The names it is about.
        public var match: ImagePattern
        /// What their containers are, whatever the registry says.
        public var treatAs: TreatAs

        /// Creates a rule.
        public init(match: ImagePattern, treatAs: TreatAs) {
            self.match = match
            self.treatAs = treatAs
        }
    }

    /// The images side of a policy.
    public struct Images: Sendable, Equatable {
        /// The rules for images that no registry can answer for; the first that matches counts.
        public var rules: [ImageRule] = []
        /// The names that Wasm images must have; empty for any.
        public var allowed: [ImagePattern] = []
        /// Whether Wasm images must be named by digest.
        public var requireDigest = false
        /// Whether not every Wasm image may be run.
        var restrictsWasm: Bool { !allowed.isEmpty || requireDigest }

        /// Creates the built-in side: no rules, everything allowed.
        public init() {}
    }

    /// The policy's name; nil for the built-in one.
    public var name: String?
    /// Of the policies that match, the one with the lowest number decides, as in FlowSchema; 1 to 10000.
    public var matchingPrecedence = 1000
    /// The namespaces it is for.
    public var namespaceSelector = LabelSelector()
    /// The Pods it is for.
    public var podSelector = LabelSelector()
    /// How far it goes.
    public var mode = Mode.enforce
    /// The runtime side.
    public var runtime = Runtime()
    /// The images side.
    public var images = Images()
    /// The actions that differ from the checks' defaults.
    public var checks: [CheckCode: FindingAction] = [:]
    /// What becomes of Pods with images that nobody could tell.
    public var onUnresolvedImage = OnUnresolvedImage.warn
    /// Whether the image of a Wasm container is pinned where a node could not pull its index.
    public var pinWasmManifest = true
    /// Whether the Wasm entry of an index is taken, and pinned, although the index has one for the nodes.
    public var preferWasm = false
    /// The address put into `DNS_SERVER` of Wasm containers, which cannot read `/etc/resolv.conf`; nil for none.
    public var dnsServer: String?

    /// Whether a Pod or a namespace may ask to be left alone.
    public var allowOptOut = true
    /// What becomes of workloads whose Pods would be refused.
    public var workloads = OnWorkload.warn

    /// Creates the built-in policy.
    public init() {}

    /// The action of `check` under this policy and its mode.
    public func action(of check: CheckCode) -> FindingAction {
        let action: FindingAction
        switch (check, onUnresolvedImage) {
        case (.imageUnresolved, .allow): action = .off
        case (.imageUnresolved, .warn): action = .warn
        case (.imageUnresolved, .deny): action = .deny
        default: action = checks[check] ?? Check.defaultAction(of: check)
        }
        return action == .deny && mode != .enforce ? .warn : action
    }
}
