import JSON

/// The fields of a Pod's volume that a decision needs.
public struct Volume: Sendable, Equatable {
    /// The kinds of volumes.
    public enum Source: Sendable, Equatable {
        /// An image volume (KEP-4639) with its reference and pull policy; the reference is nil if a controller sets it
        /// later.
        case image(reference: String?, pullPolicy: String?)
        /// Another kind, by the name of its field, such as `emptyDir`.
        case other(String)
    }

    /// The index in `spec.volumes`, from 0.
    public var index: Int
    /// The name, unique in the Pod.
    public var name: String
    /// The kind.
    public var source: Source

    /// Creates a volume.
    public init(index: Int = 0, name: String, source: Source) {
        self.index = index
        self.name = name
        self.source = source
    }

    init(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        index = 0
        name = try object.optionalString("name") ?? ""
        if let image = try object.optionalObject("image") {
            source = .image(
                reference: try image.optionalString("reference"),
                pullPolicy: try image.optionalString("pullPolicy")
            )
        } else {
            source = .other(object.members.first { $0.key != "name" && $0.value != .null }?.key ?? "emptyDir")
        }
    }

    /// Whether it is an image volume.
    var isImage: Bool {
        if case .image = source { true } else { false }
    }
    /// The text of an image volume's reference; nil if there is none.
    var image: String? {
        if case .image(let reference, _) = source { reference } else { nil }
    }

    /// The path of the image reference in the Pod, for a patch.
    var referencePath: [String] { ["spec", "volumes", String(index), "image", "reference"] }
}

/// A mount of a volume in a container.
public struct VolumeMount: Sendable, Equatable {
    /// The name of the volume.
    public var volume: String
    /// The folder or file in the container, as it is in the Pod.
    public var path: String

    /// Creates a mount of `volume` at `path`.
    public init(volume: String, path: String) {
        self.volume = volume
        self.path = path
    }

    init(_ value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        volume = try object.optionalString("name") ?? ""
        path = try object.optionalString("mountPath") ?? ""
    }
}
