public import JSON

/// The rules for Pods with Wasm: the object `WasmPolicy` of `polypod.dev/v1alpha1`.
///
/// Policy files of the server and of the command line have the same schema.
public struct WasmPolicy: Sendable, Equatable {
    /// The effect of a policy.
    public enum Mode: String, Sendable, Equatable, CaseIterable {
        /// Pods are changed or denied.
        case enforce = "Enforce"
        /// Pods are changed; denials become warnings.
        case warn = "Warn"
        /// Nothing is changed or denied; warnings report what would be.
        case dryRun = "DryRun"
    }

    /// The values of crun's variant annotation (crun, handler-utils.c).
    public enum Variant: String, Sendable, Equatable, CaseIterable {
        /// crun runs every container as Wasm.
        case compat
        /// crun runs a container as Wasm if `args[0]` ends in `.wasm` or `.wat`.
        case compatSmart = "compat-smart"
    }

    /// The effect of an image without an answer.
    public enum OnUnresolvedImage: String, Sendable, Equatable, CaseIterable {
        /// The Pod is admitted without a warning.
        case allow = "Allow"
        /// The Pod is admitted with a warning.
        case warn = "Warn"
        /// The Pod is denied.
        case deny = "Deny"
    }

    /// The effect on Deployments and other workloads.
    public enum OnWorkload: String, Sendable, Equatable, CaseIterable {
        /// Workloads are not checked.
        case off = "Off"
        /// Workloads are admitted, with the warnings and denials of their Pods as warnings.
        case warn = "Warn"
        /// Workloads are denied if their Pods would be.
        case deny = "Deny"
    }

    /// The policy's name; nil for the built-in one.
    public var name: String?
    /// The precedence, 1 to 10,000: of the policies that match, the one with the lowest number decides, as in FlowSchema.
    public var matchingPrecedence = 1000
    /// The namespaces that the policy applies to.
    public var namespaceSelector = LabelSelector()
    /// The Pods that the policy applies to.
    public var podSelector = LabelSelector()
    /// The effect of the policy.
    public var mode = Mode.enforce
    /// The runtime classes and the nodes.
    public var runtime = Runtime()
    /// The rules for images.
    public var images = Images()
    /// The actions that differ from the checks' defaults.
    public var checks: [CheckCode: FindingAction] = [:]
    /// The effect of an image without an answer.
    public var onUnresolvedImage = OnUnresolvedImage.warn
    /// Whether the image of a Wasm container is pinned if a node cannot pull its index.
    public var pinWasmManifest = true
    /// Whether the Wasm entry of an index is used and pinned, even if the index also has an entry for the nodes.
    public var preferWasm = false
    /// The value of `DNS_SERVER` in Wasm containers, which cannot read `/etc/resolv.conf`; nil for none.
    public var dnsServer: String?
    /// Whether a Pod or a namespace can opt out.
    public var allowOptOut = true
    /// The effect on workloads.
    public var workloads = OnWorkload.warn

    /// Creates the built-in policy.
    public init() {}

    /// The API version of the object.
    public static let apiVersion = "polypod.dev/v1alpha1"

    /// Reads one policy.
    ///
    /// - Throws: `FieldError` with the path of the first field that is unknown, missing or not valid.
    public init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.refuseUnknown(["apiVersion", "kind", "metadata", "spec", "status"])
        let version = try object.required("apiVersion") { value throws(FieldError) in try value.asString() }
        guard version == Self.apiVersion else {
            throw FieldError("expected \(Self.apiVersion)", at: [.key("apiVersion")])
        }
        let kind = try object.required("kind") { value throws(FieldError) in try value.asString() }
        guard kind == "WasmPolicy" else { throw FieldError("expected WasmPolicy", at: [.key("kind")]) }
        let metadata = try object.optional("metadata") { value throws(FieldError) in try ObjectMetadata(value) }
        self.init()
        name = metadata?.name
        guard let spec = try object.optionalObject("spec") else { return }
        do throws(FieldError) { try read(spec) } catch { throw error.under(.key("spec")) }
    }

    private mutating func read(_ spec: JSONObject) throws(FieldError) {
        try spec.refuseUnknown([
            "matchingPrecedence", "match", "mode", "runtime", "images", "checks", "onUnresolvedImage",
            "pinWasmManifest", "preferWasm", "dnsServer", "allowOptOut", "workloads",
        ])
        if let precedence = try spec.optional("matchingPrecedence", { value throws(FieldError) in try value.asInt() }) {
            guard (1...10_000).contains(precedence) else {
                throw FieldError("expected 1 to 10000", at: [.key("matchingPrecedence")])
            }
            matchingPrecedence = precedence
        }
        try spec.optional("match") { value throws(FieldError) in try readMatch(value) }
        mode = try spec.optional("mode") { value throws(FieldError) in try value.asCase(of: Mode.self) } ?? mode
        runtime = try spec.optional("runtime") { value throws(FieldError) in try Runtime(reading: value) } ?? runtime
        images = try spec.optional("images") { value throws(FieldError) in try Images(reading: value) } ?? images
        checks = try spec.optional("checks") { value throws(FieldError) in try Self.checks(value) } ?? checks
        onUnresolvedImage =
            try spec.optional("onUnresolvedImage") { value throws(FieldError) in
                try value.asCase(of: OnUnresolvedImage.self)
            } ?? onUnresolvedImage
        pinWasmManifest = try spec.bool("pinWasmManifest") ?? pinWasmManifest
        preferWasm = try spec.bool("preferWasm") ?? preferWasm
        guard !preferWasm || pinWasmManifest else {
            throw FieldError(
                "needs pinWasmManifest: a node takes the Linux entry of an index",
                at: [.key("preferWasm")]
            )
        }
        allowOptOut = try spec.bool("allowOptOut") ?? allowOptOut
        workloads =
            try spec.optional("workloads") { value throws(FieldError) in try value.asCase(of: OnWorkload.self) }
            ?? workloads
        dnsServer = try spec.optional("dnsServer") { value throws(FieldError) in try value.asIPv4Address() }
    }

    private mutating func readMatch(_ value: JSONValue) throws(FieldError) {
        let match = try value.asObject()
        try match.refuseUnknown(["namespaceSelector", "podSelector"])
        namespaceSelector =
            try match.optional("namespaceSelector", LabelSelector.init(reading:)) ?? namespaceSelector
        podSelector = try match.optional("podSelector", LabelSelector.init(reading:)) ?? podSelector
    }

    private static func checks(_ value: JSONValue) throws(FieldError) -> [CheckCode: FindingAction] {
        var actions: [CheckCode: FindingAction] = [:]
        for member in try value.asObject().members {
            guard let code = CheckCode(rawValue: member.key) else {
                throw FieldError("no such check", at: [.key(member.key)])
            }
            guard code != .imageUnresolved else {
                throw FieldError("set by spec.onUnresolvedImage", at: [.key(member.key)])
            }
            do throws(FieldError) { actions[code] = try member.value.asCase(of: FindingAction.self) } catch {
                throw error.under(.key(member.key))
            }
        }
        return actions
    }

    /// The action for the check `check`, with the mode of the policy applied.
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

extension JSONValue {
    /// This value as an IPv4 address, the only form of `DNS_SERVER` that WasmEdge's socket interface reads.
    fileprivate func asIPv4Address() throws(FieldError) -> String {
        let text = try asString()
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil && $0.utf8.allSatisfy { $0 != UInt8(ascii: "+") } })
        else { throw FieldError("expected an IPv4 address") }
        return text
    }
}
