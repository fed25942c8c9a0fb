import JSON

extension WasmPolicy {
    /// The runtime classes and nodes of a cluster.
    public struct Runtime: Sendable, Equatable {
        /// The runtime class to set in Pods with Wasm.
        public var runtimeClassName = "crun-wasmedge"
        /// The variant to set in Pods with Wasm.
        public var variant = Variant.compatSmart
        /// Other classes of crun that run Wasm and native containers in one Pod.
        public var mixedRuntimeClassNames: [String] = []
        /// The classes that run Wasm in other ways; their Pods are not changed.
        public var otherWasmRuntimeClassNames = [
            "crun", "crun-wasm", "crun-wasmer", "crun-wasmtime", "lunatic", "slight", "spin", "wasmedge", "wasmer",
            "wasmtime", "wasmtime-slight", "wasmtime-spin", "wasmtime-spin-v2", "wws",
        ]
        /// Whether the nodes' crun reports a module's exit code; Debian's crun does not.
        public var preservesExitCodes = false
        /// The platforms of the nodes, which select the entries of an index; empty for every Linux platform.
        public var nodePlatforms: [Platform] = []

        /// Creates the settings of the built-in policy.
        public init() {}

        /// Whether crun's rules for Wasm apply to Pods of the class `runtimeClassName`.
        public func isMixed(_ runtimeClassName: String) -> Bool {
            runtimeClassName == self.runtimeClassName || mixedRuntimeClassNames.contains(runtimeClassName)
        }

        /// Reads the object `spec.runtime`.
        ///
        /// - Throws: `FieldError` with the path of the first field that is unknown or not valid.
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
                try object.optional("variant") { value throws(FieldError) in
                    try value.asCase(of: WasmPolicy.Variant.self)
                }
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
}
