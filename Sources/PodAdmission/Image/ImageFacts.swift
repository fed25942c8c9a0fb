/// The facts from a registry about one image reference that a decision needs.
public struct ImageFacts: Sendable, Equatable {
    /// The content that a reference names.
    public enum Content: Sendable, Equatable {
        /// One image or artifact.
        case image(ImageDescription)
        /// The entries of an index, without attestations, and the images that were read because the decision needs them.
        case index([IndexEntry], read: [IndexedImage])
    }

    /// The digest of the manifest or index that the reference names.
    public var digest: String
    /// The content.
    public var content: Content

    /// Creates facts about the content with the digest `digest`.
    public init(digest: String, content: Content) {
        self.digest = digest
        self.content = content
    }

    /// The platforms of the image, or of the entries in the order of the index.
    public var platforms: [Platform] {
        switch content {
        case .image(let image): image.platform.map { [$0] } ?? []
        case .index(let entries, _): entries.compactMap(\.platform)
        }
    }

    /// The image of an index entry; nil if it was not read, or if the reference names no index.
    public func image(of entry: IndexEntry) -> IndexedImage? {
        guard case .index(_, let read) = content else { return nil }
        return read.first { $0.image.digest == entry.digest }
    }

    /// Whether the facts are sufficient for a decision with this preference.
    public func suffice(for preference: EntryPreference) -> Bool {
        guard case .index(let entries, _) = content else { return true }
        return preference.nextToRead(of: entries) { image(of: $0) != nil } == nil
    }
}

/// One image of an index, with the annotations from the index.
public struct IndexedImage: Sendable, Equatable {
    /// The image, from its own manifest and config.
    public var image: ImageDescription
    /// The annotations of its entry or of the index, where `buildx --annotation` can put them.
    public var annotations: WasmAnnotations

    /// Creates an image of an index; by default the index has no annotations.
    public init(_ image: ImageDescription, annotations: WasmAnnotations = WasmAnnotations()) {
        self.image = image
        self.annotations = annotations
    }

    /// The image, with the annotations of the index added that its own manifest lacks.
    public var annotated: ImageDescription {
        var image = image
        image.annotations.variant = image.annotations.variant ?? annotations.variant
        image.annotations.handler = image.annotations.handler ?? annotations.handler
        return image
    }
}
