import JSON
import PodAdmission

/// A manifest or an index, as far as it is needed here.
enum OCIDocument: Sendable {
    case image(OCIManifest)
    case index(OCIIndex)

    /// How deep a document may be, and how many values it may hold: what 1,024 entries with annotations need.
    static let limits = JSONLimits(depth: 32, values: 100_000)

    /// Reads a document that a registry sent.
    ///
    /// - Parameters:
    ///   - contentType: The response's own; registries that send a general type are put up with.
    ///   - host: The registry, for the failure's text.
    static func parse(
        _ bytes: [UInt8],
        contentType: String?,
        host: String
    ) throws(RegistryFailure) -> OCIDocument {
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parse(bytes, limits: limits) } catch {
            throw RegistryFailure(.badResponse, "\(host): answered with no manifest")
        }
        do throws(FieldError) { return try read(value.asObject(), contentType: contentType) } catch {
            // The path comes from the document itself, so that only what is wrong is told.
            throw RegistryFailure(.badResponse, "\(host): not a valid manifest: \(error.reason)")
        }
    }

    /// A document that can be read as both kinds is refused: two readers could see different images in it
    /// (GHSA-mc8v-mgrf-8f4m, the advisory of OCI's distribution-spec).
    private static func read(_ object: JSONObject, contentType: String?) throws(FieldError) -> OCIDocument {
        let isIndex = object["manifests"] != nil
        let isImage = object["config"] != nil || object["layers"] != nil
        guard isIndex != isImage else {
            throw FieldError(isIndex ? "both an index and an image" : "neither an index nor an image")
        }
        let declared = [try object.optionalString("mediaType"), contentType].compactMap { $0 }
        for type in declared where isIndex ? MediaType.isManifest(type) : MediaType.isIndex(type) {
            throw FieldError("its media type is of another kind")
        }
        return isIndex ? .index(try OCIIndex(reading: object)) : .image(try OCIManifest(reading: object))
    }
}

extension WasmAnnotations {
    /// Reads the annotations of a manifest, an index or a descriptor.
    fileprivate init(reading object: JSONObject) throws(FieldError) {
        let annotations = try object.optionalObject("annotations")
        self.init(
            variant: try annotations?.optionalString("module.wasm.image/variant").flatMap(Self.known),
            handler: try annotations?.optionalString("run.oci.handler").flatMap(Self.known)
        )
    }

    /// Longer values have no meaning to any runtime and are not kept.
    private static func known(_ text: String) -> String? { text.utf8.count <= 128 ? text : nil }
}

/// An image manifest.
struct OCIManifest: Sendable {
    var config: OCIDescriptor
    var artifact: UnrunnableImage?
    var annotations: WasmAnnotations

    init(reading object: JSONObject) throws(FieldError) {
        config = try object.required("config") { value throws(FieldError) in try OCIDescriptor(reading: value) }
        let layers = try object.optional("layers") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in try value.asObject().optionalString("mediaType") ?? "" }
        }
        let types = [config.mediaType, try object.optionalString("artifactType")].compactMap { $0 }
        artifact = MediaType.artifact(config: types, layers: layers ?? [])
        annotations = try WasmAnnotations(reading: object)
    }
}

/// An index or manifest list.
struct OCIIndex: Sendable {
    /// How many entries an index may have, those of the indexes in it included.
    static let entryLimit = 1024

    /// The entries without attestations.
    var entries: [OCIDescriptor]
    var annotations: WasmAnnotations

    init(reading object: JSONObject) throws(FieldError) {
        entries = try object.required("manifests") { value throws(FieldError) in
            guard (value.array?.count ?? 0) <= Self.entryLimit else {
                throw FieldError("more than \(Self.entryLimit) entries")
            }
            return try value.asArray { value throws(FieldError) in try OCIDescriptor(reading: value) }
        }.filter { !$0.isAttestation }
        annotations = try WasmAnnotations(reading: object)
    }
}

/// What names a piece of content.
///
/// Its `urls` are never followed, nor its `data` taken for it.
struct OCIDescriptor: Sendable {
    var mediaType: String?
    var digest: String
    var size: Int?
    var platform: Platform?
    var annotations: WasmAnnotations
    /// Whether it is BuildKit's attestation beside an image rather than an image.
    var isAttestation: Bool

    init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        mediaType = try object.optionalString("mediaType")
        digest = try object.required("digest") { value throws(FieldError) in try value.asString() }
        guard ImageReference.isDigest(digest) else { throw FieldError("not a digest", at: [.key("digest")]) }
        size = try object.optional("size") { value throws(FieldError) in try value.asInt() }
        platform =
            try object.optional("platform") { value throws(FieldError) in
                let platform = try value.asObject()
                let os = try platform.optionalString("os") ?? ""
                let architecture = try platform.optionalString("architecture") ?? ""
                return Platform.short(os: os, architecture: architecture)
            } ?? nil
        annotations = try WasmAnnotations(reading: object)
        let kind = try object.optionalObject("annotations")?.optionalString("vnd.docker.reference.type")
        isAttestation = platform?.isUnknown == true || kind == "attestation-manifest"
    }
}

extension Platform {
    /// A platform of what a document says; nil where it says nothing, or nothing that could be one.
    static func short(os: String, architecture: String) -> Platform? {
        guard !os.isEmpty || !architecture.isEmpty, os.utf8.count <= 64, architecture.utf8.count <= 64 else {
            return nil
        }
        return Platform(os: os, architecture: architecture)
    }
}
