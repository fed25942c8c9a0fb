/// An operating system and architecture, as an image's config and an index's entries carry it (OCI image-spec).
public struct Platform: Sendable, Hashable, CustomStringConvertible {
    /// The operating system, such as `linux` or `wasip1`, as written.
    public var os: String
    /// The architecture, such as `amd64` or `wasm`, as written.
    public var architecture: String

    /// Creates a platform.
    public init(os: String, architecture: String) {
        self.os = os
        self.architecture = architecture
    }

    /// Reads `os/architecture`; nil where the text has another form.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(os: String(parts[0]), architecture: String(parts[1]))
    }

    /// The text for people.
    public var description: String { "\(os)/\(architecture)" }

    /// Whether it is one of the spellings of WebAssembly in use; Spin writes `Wasip1`, so case does not count.
    public var isWasm: Bool {
        ["wasi", "wasip1", "wasip2"].contains(os.lowercased())
            || ["wasm", "wasm32", "wasm64"].contains(architecture.lowercased())
    }

    /// Why crun cannot run a module for this platform; nil where it can, or where it is no Wasm platform.
    public var unrunnable: UnrunnableImage? {
        switch (os.lowercased(), isWasm) {
        case ("wasip2", _): .component
        case ("js", true): .javaScript
        default: nil
        }
    }

    /// Whether the entry is no image but an attestation that BuildKit put beside one.
    public var isUnknown: Bool { os == "unknown" && architecture == "unknown" }
}
