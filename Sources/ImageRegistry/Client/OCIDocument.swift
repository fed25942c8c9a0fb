import JSON
import PodAdmission

/// A manifest or an index, reduced to the fields that Polypod needs.
enum OCIDocument: Sendable {
    case image(OCIManifest)
    case index(OCIIndex)

    /// The limits for parsing: enough for 1,024 entries with annotations.
    static let limits = JSONLimits(depth: 32, values: 100_000)

    /// Reads a document from a registry.
    ///
    /// - Parameters:
    ///   - bytes: The document.
    ///   - contentType: The `Content-Type` of the response; a general type such as `application/json` is accepted.
    ///   - host: The registry, for the text of the failure.
    /// - Returns: A manifest or an index.
    /// - Throws: ``RegistryFailure`` with `bad-response` for anything else.
    static func parse(
        _ bytes: [UInt8],
        contentType: String?,
        host: String
    ) throws(RegistryFailure) -> OCIDocument {
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parse(bytes, limits: limits) } catch {
            throw RegistryFailure(.badResponse, "\(host): the response is not a JSON manifest")
        }
        do throws(FieldError) { return try read(value.asObject(), contentType: contentType) } catch {
            // The path is a part of the document, so the failure contains only the reason.
            throw RegistryFailure(.badResponse, "\(host): not a valid manifest: \(error.reason)")
        }
    }

    /// Refuses a document that is both a manifest and an index: two readers could see different images in it
    /// (GHSA-mc8v-mgrf-8f4m, the advisory for OCI's distribution-spec).
    private static func read(_ object: JSONObject, contentType: String?) throws(FieldError) -> OCIDocument {
        try object.requireUnambiguous([
            "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations",
        ])
        let isIndex = object["manifests"] != nil
        let isImage = object["config"] != nil || object["layers"] != nil
        guard isIndex != isImage else {
            throw FieldError(isIndex ? "both an index and an image" : "neither an index nor an image")
        }
        let declared = [try object.optionalString("mediaType"), contentType].compactMap { $0 }
        for type in declared where isIndex ? MediaType.isManifest(type) : MediaType.isIndex(type) {
            throw FieldError("the media type is of another kind")
        }
        return isIndex ? .index(try OCIIndex(reading: object)) : .image(try OCIManifest(reading: object))
    }
}

extension WasmAnnotations {
    /// Reads the annotations of a manifest, an index or a descriptor.
    ///
    /// - Throws: ``FieldError`` for annotations of the wrong type, and for one that is written twice.
    fileprivate init(reading object: JSONObject) throws(FieldError) {
        let annotations = try object.optionalObject("annotations")
        try annotations?.requireUnique(["module.wasm.image/variant", "run.oci.handler"])
        self.init(
            variant: try annotations?.optionalString("module.wasm.image/variant").flatMap(Self.bounded),
            handler: try annotations?.optionalString("run.oci.handler").flatMap(Self.bounded)
        )
    }

    /// The value of an annotation; nil for a value over 128 bytes, which means nothing to any runtime.
    private static func bounded(_ text: String) -> String? { text.utf8.count <= 128 ? text : nil }
}

/// An OCI image manifest (image-spec, manifest.md) or Docker's schema 2.
struct OCIManifest: Sendable {
    var config: OCIDescriptor
    /// The kind of Wasm artifact; nil for an image.
    var artifact: UnrunnableImage?
    var annotations: WasmAnnotations

    /// Reads the config descriptor, the media types of the layers and the annotations.
    ///
    /// - Throws: ``FieldError`` for a missing config or a field of the wrong type.
    init(reading object: JSONObject) throws(FieldError) {
        config = try object.required("config") { value throws(FieldError) in try OCIDescriptor(reading: value) }
        let layers = try object.optional("layers") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in
                let layer = try value.asObject()
                try layer.requireUnambiguous(OCIDescriptor.fields)
                return try layer.optionalString("mediaType") ?? ""
            }
        }
        let types = [config.mediaType, try object.optionalString("artifactType")].compactMap { $0 }
        artifact = MediaType.artifact(config: types, layers: layers ?? [])
        annotations = try WasmAnnotations(reading: object)
    }
}

/// An OCI image index (image-spec, image-index.md) or Docker's manifest list.
struct OCIIndex: Sendable {
    /// The largest number of entries, including the entries of nested indexes.
    static let entryLimit = 1024

    /// The entries, without those for `unknown/unknown`, such as BuildKit's attestations: no node matches them.
    var entries: [OCIDescriptor]
    var annotations: WasmAnnotations

    /// Reads the entries and the annotations.
    ///
    /// - Throws: ``FieldError`` for more than ``entryLimit`` entries or a field of the wrong type.
    init(reading object: JSONObject) throws(FieldError) {
        entries = try object.required("manifests") { value throws(FieldError) in
            guard (value.array?.count ?? 0) <= Self.entryLimit else {
                throw FieldError("more than \(Self.entryLimit) entries")
            }
            return try value.asArray { value throws(FieldError) in try OCIDescriptor(reading: value) }
        }.filter { $0.platform?.isUnknown != true }
        annotations = try WasmAnnotations(reading: object)
    }
}

/// An OCI descriptor (image-spec, descriptor.md); `urls` and `data` are ignored.
struct OCIDescriptor: Sendable {
    var mediaType: String?
    var digest: String
    var size: Int?
    var platform: Platform?
    var annotations: WasmAnnotations

    /// Whether the content is an index.
    var isIndex: Bool { mediaType.map(MediaType.isIndex) ?? false }

    /// The fields of a descriptor that nodes read.
    static let fields: Set<String> = [
        "mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType",
    ]

    /// Reads a descriptor.
    ///
    /// - Throws: ``FieldError`` for a missing or malformed digest, a field of the wrong type or an ambiguous field.
    init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.requireUnambiguous(Self.fields)
        mediaType = try object.optionalString("mediaType")
        digest = try object.required("digest") { value throws(FieldError) in try value.asString() }
        guard ImageReference.isDigest(digest) else { throw FieldError("not a digest", at: [.key("digest")]) }
        size = try object.optional("size") { value throws(FieldError) in try value.asInt() }
        platform =
            try object.optional("platform") { value throws(FieldError) in
                let platform = try value.asObject()
                try platform.requireUnambiguous(Platform.fields)
                let os = try platform.optionalString("os") ?? ""
                let architecture = try platform.optionalString("architecture") ?? ""
                return Platform.bounded(os: os, architecture: architecture)
            } ?? nil
        annotations = try WasmAnnotations(reading: object)
    }
}

extension Platform {
    /// The fields of a platform that nodes read.
    fileprivate static let fields: Set<String> = ["architecture", "os", "os.version", "os.features", "variant"]

    /// A platform; nil if both texts are empty, or one is over 64 bytes.
    fileprivate static func bounded(os: String, architecture: String) -> Platform? {
        guard !os.isEmpty || !architecture.isEmpty, os.utf8.count <= 64, architecture.utf8.count <= 64 else {
            return nil
        }
        return Platform(os: os, architecture: architecture)
    }
}

/// The config of an image, reduced to the program (OCI image-spec, config.md; Docker's has the same fields).
struct OCIImageConfig: Sendable {
    var platform: Platform?
    var entrypoint: [String]
    var cmd: [String]
    var workingDirectory: String

    /// Reads a config from a registry; `host` is for the text of the failure.
    ///
    /// - Throws: ``RegistryFailure`` with `bad-response` if it is not a valid config.
    static func parse(_ bytes: [UInt8], host: String) throws(RegistryFailure) -> OCIImageConfig {
        guard let value = try? JSONParser.parse(bytes, limits: OCIDocument.limits) else {
            throw RegistryFailure(.badResponse, "\(host): the response is not a JSON image config")
        }
        do throws(FieldError) { return try OCIImageConfig(reading: value) } catch {
            throw RegistryFailure(.badResponse, "\(host): not a valid image config: \(error.reason)")
        }
    }

    private init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        try object.requireUnambiguous(Platform.fields.union(["config"]))
        platform = Platform.bounded(
            os: try object.optionalString("os") ?? "",
            architecture: try object.optionalString("architecture") ?? ""
        )
        let config = try object.optionalObject("config") ?? JSONObject()
        try config.requireUnambiguous(["Entrypoint", "Cmd", "WorkingDir"])
        entrypoint = Self.bounded(try config.strings("Entrypoint"))
        cmd = Self.bounded(try config.strings("Cmd"))
        workingDirectory = try config.optionalString("WorkingDir").flatMap { $0.utf8.count <= 4096 ? $0 : nil } ?? ""
        if workingDirectory == "/" { workingDirectory = "" }
    }

    /// The program, and as many of its arguments as fit in 1 KiB.
    ///
    /// Only messages show the arguments, and the cache keeps thousands of images. A program over 4,096 bytes is
    /// dropped, because no path on Linux is longer.
    private static func bounded(_ words: [String]) -> [String] {
        guard let program = words.first, program.utf8.count <= 4096 else { return [] }
        var kept = [program]
        var room = 1024
        for word in words.dropFirst() {
            room -= word.utf8.count + 16
            guard room >= 0 else { break }
            kept.append(word)
        }
        return kept
    }
}
