import PodAdmission

/// Finds out what an image is with as few requests as its form allows.
///
/// A manifest takes two: itself and its config, unless its media types say it all. An index that says it all takes one.
/// Where a decision rests on the image behind an entry, that image is read too, which makes three.
struct ImageReader: Sendable {
    /// How deep indexes may stand in one another; the outermost is not counted.
    private static let depthLimit = 2
    /// How many indexes inside an index are fetched at most.
    private static let nestedLimit = 8

    let client: RegistryClient
    let access: RegistryClient.Access
    let subject: ImageLookup.Subject
    let answers: AnswerStore

    /// The facts about what the subject's reference names.
    ///
    /// - Throws: The first failure of the registry, or of the documents that it sent.
    func facts() async throws(RegistryFailure) -> ImageFacts {
        let (document, digest) = try await document(subject.image.manifestReference)
        // A tag that still names what it named costs no more than its manifest.
        if let facts = answers.facts(of: digest, for: subject) { return facts }
        switch document {
        case .image(let manifest):
            return ImageFacts(digest: digest, content: .image(try await describe(manifest, digest: digest)))
        case .index(let index):
            let descriptors = try await entries(of: index)
            let entries = descriptors.map { IndexEntry(digest: $0.digest, platform: $0.platform) }
            guard let wanted = subject.preference.entryToRead(of: entries),
                let descriptor = descriptors.first(where: { $0.digest == wanted.digest })
            else { return ImageFacts(digest: digest, content: .index(entries, read: [])) }
            let image = try await image(behind: descriptor, of: index)
            return ImageFacts(digest: digest, content: .index(entries, read: [image]))
        }
    }

    private func document(_ reference: String) async throws(RegistryFailure) -> (OCIDocument, digest: String) {
        let content = try await client.manifest(reference, access)
        let document = try OCIDocument.parse(content.bytes, contentType: content.mediaType, host: access.host)
        return (document, content.digest)
    }

    private func image(
        behind entry: OCIDescriptor,
        of index: OCIIndex
    ) async throws(RegistryFailure) -> IndexedImage {
        guard case .image(let manifest) = try await document(entry.digest).0 else {
            throw RegistryFailure(.badResponse, "\(access.host): an index where its index has an image")
        }
        return IndexedImage(
            try await describe(manifest, digest: entry.digest),
            annotations: WasmAnnotations(
                variant: entry.annotations.variant ?? index.annotations.variant,
                handler: entry.annotations.handler ?? index.annotations.handler
            )
        )
    }

    /// Describes an image by its manifest and, where its program stands there, by its config.
    private func describe(
        _ manifest: OCIManifest,
        digest: String
    ) async throws(RegistryFailure) -> ImageDescription {
        var image = ImageDescription(
            digest: digest,
            annotations: manifest.annotations,
            unrunnable: manifest.artifact
        )
        guard manifest.artifact == nil, MediaType.isImageConfig(manifest.config.mediaType) else { return image }
        let content = try await client.config(manifest.config, access)
        let config = try OCIImageConfig.parse(content.bytes, host: access.host)
        image.platform = config.platform
        image.entrypoint = config.entrypoint
        image.cmd = config.cmd
        image.workingDirectory = config.workingDirectory
        return image
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
