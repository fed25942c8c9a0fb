import JSON

extension WasmPolicy {
    /// A rule that declares the class of some images.
    public struct ImageRule: Sendable, Equatable {
        /// The declared classes.
        public enum TreatAs: String, Sendable, Equatable, CaseIterable {
            case wasm = "Wasm"
            case native = "Native"
        }

        /// The names of the images.
        public var match: ImagePattern
        /// The class of their containers, independent of the registry's answer.
        public var treatAs: TreatAs

        /// Creates a rule for the images that match.
        public init(match: ImagePattern, treatAs: TreatAs) {
            self.match = match
            self.treatAs = treatAs
        }

        init(reading value: JSONValue) throws(FieldError) {
            let object = try value.asObject()
            try object.refuseUnknown(["match", "treatAs"])
            match = try object.required("match") { value throws(FieldError) in try ImagePattern(reading: value) }
            treatAs = try object.required("treatAs") { value throws(FieldError) in try value.asCase(of: TreatAs.self) }
        }
    }

    /// The rules for images of a policy.
    public struct Images: Sendable, Equatable {
        /// The rules for images that no registry can answer for; the first one that matches applies.
        public var rules: [ImageRule] = []
        /// The names that Wasm images must match; empty if all are allowed.
        public var allowed: [ImagePattern] = []
        /// Whether Wasm images must be named by digest.
        public var requireDigest = false
        /// The volumes that modules can be in, if the policy restricts images.
        public var moduleVolumes = ModuleVolumes.image
        /// Whether the policy allows only some Wasm images.
        public var restrictsWasm: Bool { !allowed.isEmpty || requireDigest }

        /// The volumes that modules can be in, if a policy restricts images.
        public enum ModuleVolumes: String, Sendable, Equatable, CaseIterable {
            /// Image volumes, whose images the policy can check.
            case image = "Image"
            /// Every volume, such as an `emptyDir` to which an init container copies modules.
            case any = "Any"
        }

        /// Creates the settings of the built-in policy: no rules, and all images are allowed.
        public init() {}

        init(reading value: JSONValue) throws(FieldError) {
            let object = try value.asObject()
            try object.refuseUnknown(["rules", "allowed", "requireDigest", "moduleVolumes"])
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
            moduleVolumes =
                try object.optional("moduleVolumes") { value throws(FieldError) in
                    try value.asCase(of: ModuleVolumes.self)
                } ?? .image
        }
    }
}

extension JSONObject {
    /// The member `key` as a boolean; nil if it is absent or null.
    func bool(_ key: String) throws(FieldError) -> Bool? {
        try optional(key) { value throws(FieldError) in try value.asBool() }
    }
}
