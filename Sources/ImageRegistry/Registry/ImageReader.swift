import PodAdmission

/// Finds out what an image is with as few requests as its form allows.
///
/// An index that says it all takes one. A manifest takes one more for its config, unless its media types say it all.
/// An index with a single entry that is no Wasm platform is followed to it, for BuildKit wraps every image so, and only
/// the config inside tells whether the program is Wasm: three.
struct ImageReader: Sendable {
    /// How deep indexes may stand in one another; the outermost is not counted.
    private static let depthLimit = 2
    /// How many indexes inside an index are fetched at most.
    private static let nestedLimit = 8

    let client: RegistryClient
    let access: RegistryClient.Access
    /// Facts that are kept already, by digest.
    let known: @Sendable (_ digest: String) -> ImageFacts?

    /// The facts about what `reference`, a tag or a digest, names.
    func facts(_ reference: String) async throws(RegistryFailure) -> ImageFacts {
        let (document, digest) = try await document(reference)
        // A tag that still names what it named costs no more than its manifest.
        if let facts = known(digest) { return facts }
        switch document {
        case .image(let image):
            return ImageFacts(digest: digest, content: .image(try await manifest(image, digest: digest)))
        case .index(let index):
            let entries = try await entries(of: index)
            let list = entries.map { IndexEntry(digest: $0.digest, platform: $0.platform) }
            guard entries.count == 1, entries[0].platform?.isWasm != true else {
                return ImageFacts(digest: digest, content: .index(list, only: nil))
            }
            let only = try await only(entries[0], index: index)
            return ImageFacts(digest: digest, content: .index(list, only: only))
        }
    }

    private func document(_ reference: String) async throws(RegistryFailure) -> (OCIDocument, digest: String) {
        let content = try await client.manifest(reference, access)
        let document = try OCIDocument.parse(content.bytes, contentType: content.mediaType, host: access.host)
        return (document, content.digest)
    }

    /// The image behind the sole entry.
    ///
    /// `buildx --annotation` may put an annotation on the entry or the index instead.
    private func only(_ entry: OCIDescriptor, index: OCIIndex) async throws(RegistryFailure) -> ImageDescription {
        guard case .image(let image) = try await document(entry.digest).0 else {
            throw RegistryFailure(.badResponse, "\(access.host): an index where its index has an image")
        }
        var only = try await manifest(image, digest: entry.digest)
        only.variantAnnotation = only.variantAnnotation ?? entry.annotations.variant ?? index.annotations.variant
        only.handlerAnnotation = only.handlerAnnotation ?? entry.annotations.handler ?? index.annotations.handler
        return only
    }

    private func manifest(_ image: OCIManifest, digest: String) async throws(RegistryFailure) -> ImageDescription {
        var manifest = ImageDescription(
            digest: digest,
            platform: nil,
            variantAnnotation: image.annotations.variant,
            handlerAnnotation: image.annotations.handler,
            unrunnable: image.artifact
        )
        guard image.artifact == nil, MediaType.isImageConfig(image.config.mediaType) else { return manifest }
        let content = try await client.config(image.config, access)
        let config = try OCIImageConfig.parse(content.bytes, host: access.host)
        manifest.platform = config.platform
        manifest.entrypoint = config.entrypoint
        manifest.cmd = config.cmd
        manifest.workingDirectory = config.workingDirectory
        return manifest
    }

    /// The entries, with those of the indexes among them in their place.
    ///
    /// An index that its parent gives a platform for is taken at its word and not fetched.
    private func entries(of index: OCIIndex) async throws(RegistryFailure) -> [OCIDescriptor] {
        var entries: [OCIDescriptor] = []
        var fetched = 0
        // From the last to the first, so that the next in order is always at the end.
        var pending = index.entries.reversed().map { (entry: $0, depth: 1) }
        while let (entry, depth) = pending.popLast() {
            guard let type = entry.mediaType, MediaType.isIndex(type), entry.platform == nil else {
                entries.append(entry)
                guard entries.count + pending.count <= OCIIndex.entryLimit else { throw tooLarge }
                continue
            }
            fetched += 1
            guard depth <= Self.depthLimit, fetched <= Self.nestedLimit else { throw tooLarge }
            guard case .index(let nested) = try await document(entry.digest).0 else {
                throw RegistryFailure(.badResponse, "\(access.host): an image where its index has an index")
            }
            pending += nested.entries.reversed().map { (entry: $0, depth: depth + 1) }
        }
        return entries
    }

    private var tooLarge: RegistryFailure {
        RegistryFailure(.badResponse, "\(access.host): an index with too many or too deeply nested entries")
    }
}
