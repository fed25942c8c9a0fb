/// An operating system and architecture, from an image config or an index entry (OCI image-spec).
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

    /// Reads `os/architecture`; nil for a text of another form.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(os: String(parts[0]), architecture: String(parts[1]))
    }

    /// The platform as `os/architecture`.
    public var description: String { "\(os)/\(architecture)" }

    /// Whether it is one of the names for WebAssembly, in any case, because Spin writes `Wasip1`.
    public var isWasm: Bool {
        switch (os.lowercased(), architecture.lowercased()) {
        case ("wasi", _), ("wasip1", _), ("wasip2", _), (_, "wasm"), (_, "wasm32"), (_, "wasm64"): true
        default: false
        }
    }

    /// Whether nodes take it for Linux, which they assume if no operating system is named.
    var isLinux: Bool { os.isEmpty || os.lowercased() == "linux" }

    /// The form of Wasm that crun cannot run; nil if it can, or for a platform other than Wasm.
    public var unrunnable: UnrunnableImage? {
        switch (os.lowercased(), isWasm) {
        case ("wasip2", _): .component
        case ("js", true): .javaScript
        default: nil
        }
    }

    private static let architectureAliases = [
        "x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm", "armel": "arm",
    ]

    /// The platform as nodes compare it: lower case, with aliases of architectures replaced, and Linux if no operating
    /// system is named (containerd platforms, database.go).
    var normalized: Platform {
        let architecture = architecture.lowercased()
        return Platform(
            os: isLinux ? "linux" : os.lowercased(),
            architecture: Self.architectureAliases[architecture] ?? architecture
        )
    }

    /// The platforms whose images a node of this platform runs, best first.
    var alternatives: [Platform] {
        let own = normalized
        let other = ["amd64": "386", "arm64": "arm"][own.architecture]
        return [own] + (other.map { [Platform(os: own.os, architecture: $0)] } ?? [])
    }

    /// Whether it is `unknown/unknown`, which BuildKit gives to attestations and no node matches.
    public var isUnknown: Bool { os == "unknown" && architecture == "unknown" }
}
