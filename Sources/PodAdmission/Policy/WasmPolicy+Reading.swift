public import JSON

extension WasmPolicy {
    /// The API version of the object.
    public static let apiVersion = "polypod.dev/v1alpha1"

    /// Reads one policy; unknown fields and bad values are errors with the path to them.
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
}

extension WasmPolicy.Runtime {
    init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.refuseUnknown([
            "runtimeClassName", "variant", "mixedRuntimeClassNames", "otherWasmRuntimeClassNames",
            "preservesExitCodes", "nodePlatforms",
        ])
        self.init()
        if let name = try object.optionalString("runtimeClassName") {
            guard !name.isEmpty else { throw FieldError("must not be empty", at: [.key("runtimeClassName")]) }
            runtimeClassName = name
        }
        variant =
            try object.optional("variant") { value throws(FieldError) in try value.asCase(of: WasmPolicy.Variant.self) }
            ?? variant
        mixedRuntimeClassNames = try object.strings("mixedRuntimeClassNames")
        if object["otherWasmRuntimeClassNames"] != nil {
            otherWasmRuntimeClassNames = try object.strings("otherWasmRuntimeClassNames")
        }
        preservesExitCodes = try object.bool("preservesExitCodes") ?? preservesExitCodes
        nodePlatforms =
            try object.optional("nodePlatforms") { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in
                    guard let platform = Platform(try value.asString()) else {
                        throw FieldError("expected os/architecture, as in linux/amd64")
                    }
                    return platform
                }
            } ?? nodePlatforms
    }
}

extension WasmPolicy.Images {
    init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.refuseUnknown(["rules", "allowed", "requireDigest"])
        self.init()
        rules =
            try object.optional("rules") { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in try WasmPolicy.ImageRule(reading: value) }
            } ?? []
        allowed =
            try object.optional("allowed") { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in try ImagePattern(reading: value) }
            } ?? []
        requireDigest = try object.bool("requireDigest") ?? false
    }
}

extension WasmPolicy.ImageRule {
    init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.refuseUnknown(["match", "treatAs"])
        match = try object.required("match") { value throws(FieldError) in try ImagePattern(reading: value) }
        treatAs = try object.required("treatAs") { value throws(FieldError) in try value.asCase(of: TreatAs.self) }
    }
}

extension JSONObject {
    fileprivate func bool(_ key: String) throws(FieldError) -> Bool? {
        try optional(key) { value throws(FieldError) in try value.asBool() }
    }
}

extension JSONValue {
    /// WasmEdge's socket interface reads `DNS_SERVER` as an IPv4 address.
    fileprivate func asIPv4Address() throws(FieldError) -> String {
        let text = try asString()
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil && $0.utf8.allSatisfy { $0 != UInt8(ascii: "+") } })
        else { throw FieldError("expected an IPv4 address") }
        return text
    }
}
