/// What a registry says of one image reference: enough to tell Wasm from native, and no more.
public struct ImageFacts: Sendable, Equatable {
    /// What the reference names.
    public enum Content: Sendable, Equatable {
        /// One image, or an artifact in the form of one.
        case image(ImageDescription)
        /// An index of images, attestations left out, and those of its images that were read: the ones that a
        /// decision rests on.
        case index([IndexEntry], read: [IndexedImage])
    }

    /// The digest of the manifest or index that the reference names.
    public var digest: String
    /// What it is.
    public var content: Content

    /// Creates facts about what `digest` names.
    public init(digest: String, content: Content) {
        self.digest = digest
        self.content = content
    }

    /// The platforms that the reference offers, in the order of the index.
    public var platforms: [Platform] {
        switch content {
        case .image(let image): image.platform.map { [$0] } ?? []
        case .index(let entries, _): entries.compactMap(\.platform)
        }
    }

    /// The image of an entry of the index; nil where it was not read, or where the reference names no index.
    public func image(of entry: IndexEntry) -> IndexedImage? {
        guard case .index(_, let read) = content else { return nil }
        return read.first { $0.image.digest == entry.digest }
    }

    /// Whether the facts hold all that a decision with this preference rests on.
    public func suffice(for preference: EntryPreference) -> Bool {
        guard case .index(let entries, _) = content, let entry = preference.entryToRead(of: entries) else {
            return true
        }
        return image(of: entry) != nil
    }
}

/// One image of an index, with what the index says of it.
public struct IndexedImage: Sendable, Equatable {
    /// The image as its own manifest and config describe it.
    public var image: ImageDescription
    /// The annotations of its entry, or of the index; `buildx --annotation` may put them there.
    public var annotations: WasmAnnotations

    /// Creates an image of an index.
    public init(_ image: ImageDescription, annotations: WasmAnnotations = WasmAnnotations()) {
        self.image = image
        self.annotations = annotations
    }

    /// The image with the annotations that its own manifest lacks.
    public var annotated: ImageDescription {
        var image = image
        image.annotations.variant = image.annotations.variant ?? annotations.variant
        image.annotations.handler = image.annotations.handler ?? annotations.handler
        return image
    }
}
