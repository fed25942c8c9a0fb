import PodAdmission

/// Reads the facts about one image with as few requests as possible.
///
/// A manifest takes two requests: the manifest and the config. One is enough if the media types show that the image is
/// an artifact. An index takes one request. Each image of an entry that the decision needs takes two more requests.
struct ImageReader: Sendable {
    /// How deep indexes may be nested, not counting the outermost index.
    private static let depthLimit = 2
    /// The largest number of nested indexes to fetch.
    private static let nestedLimit = 8
    /// The largest number of images of one index to read.
    private static let imageLimit = 16

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
            return ImageFacts(digest: digest, content: try await content(of: index))
        }
    }

    /// Reads the images of an index that the decision needs, and replaces nested indexes by their entries.
    ///
    /// A nested index with a platform is fetched only if the decision needs its image, because most nodes take their
    /// platform from the outer index.
    private func content(of index: OCIIndex) async throws(RegistryFailure) -> ImageFacts.Content {
        var nested = 0
        var entries = index.entries.map { PlacedEntry(descriptor: $0, index: index.annotations, depth: 1) }
        var images: [IndexedImage] = []
        func isRead(_ entry: IndexEntry) -> Bool { images.contains { $0.image.digest == entry.digest } }
        while true {
            var position = entries.firstIndex { $0.descriptor.isIndex && $0.descriptor.platform == nil }
            if position == nil, let next = subject.preference.nextToRead(of: entries.map(\.entry), isRead: isRead) {
                position = entries.firstIndex { $0.entry == next }
            }
            guard let position else { return .index(entries.map(\.entry), read: images) }
            let placed = entries[position]
            guard !placed.descriptor.isIndex || placed.depth <= Self.depthLimit && nested < Self.nestedLimit else {
                throw tooLarge
            }
            switch try await self.document(placed.descriptor.digest).0 {
            case .index(let inner):
                guard placed.descriptor.isIndex || placed.descriptor.mediaType == nil else { throw mismatch }
                nested += 1
                guard placed.depth <= Self.depthLimit, nested <= Self.nestedLimit else { throw tooLarge }
                entries.replaceSubrange(position...position, with: placed.children(of: inner))
                guard entries.count <= OCIIndex.entryLimit else { throw tooLarge }
            case .image(let manifest):
                guard !placed.descriptor.isIndex else { throw mismatch }
                guard images.count < Self.imageLimit else { throw tooLarge }
                let image = try await describe(manifest, digest: placed.descriptor.digest)
                images.append(IndexedImage(image, annotations: placed.annotations))
                for index in entries.indices where entries[index].descriptor.digest == image.digest {
                    entries[index].entry.platform = entries[index].entry.platform ?? image.platform
                }
            }
        }
    }

    private func document(_ reference: String) async throws(RegistryFailure) -> (OCIDocument, digest: String) {
        let content = try await client.manifest(reference, access)
        let document = try LargeDocuments.parse(content.bytes.count) { () throws(RegistryFailure) in
            try OCIDocument.parse(content.bytes, contentType: content.mediaType, host: access.host)
        }
        return (document, content.digest)
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
        let config = try LargeDocuments.parse(content.bytes.count) { () throws(RegistryFailure) in
            try OCIImageConfig.parse(content.bytes, host: access.host)
        }
        image.platform = config.platform
        image.entrypoint = config.entrypoint
        image.cmd = config.cmd
        image.workingDirectory = config.workingDirectory
        return image
    }

    private var mismatch: RegistryFailure {
        RegistryFailure(.badResponse, "\(access.host): an entry of the index is of another kind than its media type")
    }

    private var tooLarge: RegistryFailure {
        RegistryFailure(.badResponse, "\(access.host): the index has too many entries, or is nested too deeply")
    }
}

/// An entry of an index, with the annotations of the indexes that contain it.
private struct PlacedEntry {
    var entry: IndexEntry
    let descriptor: OCIDescriptor
    /// The annotations of the entry, otherwise of its index, otherwise of the outer index.
    let annotations: WasmAnnotations
    /// The number of indexes that contain it.
    let depth: Int

    init(descriptor: OCIDescriptor, index: WasmAnnotations, depth: Int) {
        self.descriptor = descriptor
        self.depth = depth
        entry = IndexEntry(digest: descriptor.digest, platform: descriptor.platform, size: descriptor.size)
        // The size of an index tells nothing about its images, so that it never counts as small.
        if descriptor.isIndex { entry.size = .max }
        entry.isUnnamed = descriptor.platform == nil
        annotations = WasmAnnotations(
            variant: descriptor.annotations.variant ?? index.variant,
            handler: descriptor.annotations.handler ?? index.handler
        )
    }

    /// The entries of the nested index that this entry names.
    ///
    /// No node looks into a nested index for a Wasm platform, so that only the Wasm entries in it count.
    func children(of index: OCIIndex) -> [PlacedEntry] {
        let inherited = WasmAnnotations(
            variant: index.annotations.variant ?? annotations.variant,
            handler: index.annotations.handler ?? annotations.handler
        )
        return index.entries.compactMap { descriptor in
            var descriptor = descriptor
            if let platform = entry.platform, platform.isWasm {
                descriptor.platform = descriptor.platform ?? platform
                guard descriptor.platform?.isWasm == true else { return nil }
            }
            return PlacedEntry(descriptor: descriptor, index: inherited, depth: depth + 1)
        }
    }
}
