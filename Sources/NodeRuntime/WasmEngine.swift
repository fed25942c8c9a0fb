/// A WebAssembly engine that crun can be built with.
public enum WasmEngine: String, Sendable, CaseIterable, Codable {
    case wasmedge
    case wasmtime
    case wasmer

    /// The name of the runtime handler and of its RuntimeClass, such as `crun-wasmedge`.
    public var handler: String { "crun-\(rawValue)" }

    /// The folder of the bundle on the host.
    ///
    /// The programs of a bundle contain this path, so a bundle works in no other folder.
    public var folder: String { "/opt/\(handler)" }

    /// The path of the program that the container runtime starts.
    ///
    /// Its name has to be `crun`. If the name has a suffix, as in `crun-wasmedge`, crun takes the suffix for a handler
    /// and uses this handler for every container (crun, src/crun.c).
    public var program: String { "\(folder)/bin/crun" }

    /// The name of the engine in texts for people.
    public var title: String {
        switch self {
        case .wasmedge: "WasmEdge"
        case .wasmtime: "Wasmtime"
        case .wasmer: "Wasmer"
        }
    }
}
