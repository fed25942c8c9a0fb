import PodAdmission

/// Reads the facts about one image with as few requests as possible.
///
/// A manifest takes two requests: the manifest and the config. One is enough if the media types show that the image is
/// an artifact. An index takes one request. If the decision needs the image of an entry, reading that image takes two
/// more requests.
struct ImageReader: Sendable {
    /// How deep indexes may be nested, not counting the outermost index.
    private static let depthLimit = 2
    /// The largest number of nested indexes to fetch.
    private static let nestedLimit = 8

    let client: RegistryClient
    let access: RegistryClient.Access
    let subject: ImageLookup.Subject
    let answers: AnswerStore

    /// Reads the facts about the subject's reference.
    ///
    /// - Throws: The first ``RegistryFailure`` of a request or of a document.
    func facts() async throws(RegistryFailure) -> ImageFacts {
        let (document, digest) = try await document(subject.image.manifestReference)
        // If the tag still names the same digest, the manifest is the only request.
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
            let image = try await image(of: descriptor, in: index)
            return ImageFacts(digest: digest, content: .index(entries, read: [image]))
        }
    }

    private func document(_ reference: String) async throws(RegistryFailure) -> (OCIDocument, digest: String) {
        let content = try await client.manifest(reference, access)
        let document = try OCIDocument.parse(content.bytes, contentType: content.mediaType, host: access.host)
        return (document, content.digest)
    }

    private func image(
        of entry: OCIDescriptor,
        in index: OCIIndex
    ) async throws(RegistryFailure) -> IndexedImage {
        guard case .image(let manifest) = try await document(entry.digest).0 else {
            throw RegistryFailure(.badResponse, "\(access.host): an entry of the index is an index instead of an image")
        }
        return IndexedImage(
            try await describe(manifest, digest: entry.digest),
            annotations: WasmAnnotations(
                variant: entry.annotations.variant ?? index.annotations.variant,
                handler: entry.annotations.handler ?? index.annotations.handler
            )
        )
    }

    /// Describes an image by its manifest, and by its config unless the manifest shows that it is an artifact.
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

    /// The entries of an index, with nested indexes replaced by their entries.
    ///
    /// A nested index is not fetched if its parent has a platform for it.
    private func entries(of index: OCIIndex) async throws(RegistryFailure) -> [OCIDescriptor] {
        var entries: [OCIDescriptor] = []
        var fetched = 0
        // Reversed, so that the next entry is always the last element.
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
                throw RegistryFailure(
                    .badResponse,
                    "\(access.host): an entry of the index is an image instead of an index"
                )
            }
            pending += nested.entries.reversed().map { (entry: $0, depth: depth + 1) }
        }
        return entries
    }

    private var tooLarge: RegistryFailure {
        RegistryFailure(.badResponse, "\(access.host): the index has too many entries, or is nested too deeply")
    }
}
