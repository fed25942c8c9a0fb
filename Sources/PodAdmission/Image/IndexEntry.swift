/// One entry of an image index.
public struct IndexEntry: Sendable, Equatable {
    /// The digest of the manifest that the entry names.
    public var digest: String
    /// The platform from the index, otherwise from the image's config; nil if neither contains one, or the config was
    /// not read yet.
    public var platform: Platform?
    /// The size of the manifest in bytes; nil if the index does not contain it.
    public var size: Int?
    /// Whether the index does not contain the platform.
    ///
    /// containerd then reads it from the config, and CRI-O takes such an entry if no other one matches
    /// (containers/image, oci_index.go).
    public var isUnnamed: Bool

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - digest: The digest of the manifest.
    ///   - platform: The platform of the entry.
    ///   - size: The size of the manifest in bytes.
    public init(digest: String, platform: Platform?, size: Int? = nil) {
        self.digest = digest
        self.platform = platform
        self.size = size
        isUnnamed = platform == nil
    }

    /// Whether the image can consist of a module and nothing else.
    ///
    /// The manifest of such an image has one to a few layers. One layer takes about 150 bytes, and the rest about 350.
    var canBeModuleAlone: Bool { size.map { $0 <= 1024 } ?? true }
}
