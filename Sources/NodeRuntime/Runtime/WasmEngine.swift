/// A WebAssembly engine that crun can be built with.
public enum WasmEngine: String, Sendable, CaseIterable, Codable {
    case wasmedge
    case wasmtime
    case wasmer

    /// The runtime handler's and RuntimeClass's name.
    public var handler: String { "crun-\(rawValue)" }

    /// The bundle's folder on the host: its programs hold this path, so it lies nowhere else.
    public var folder: String { "/opt/\(handler)" }

    /// The program the runtime starts.
    ///
    /// It is called `crun` and nothing more: of a name like `crun-wasmedge` crun takes the suffix for a handler that it
    /// then forces on every container (src/crun.c).
    public var program: String { "\(folder)/bin/crun" }

    /// The engine's name for people.
    public var title: String {
        switch self {
        case .wasmedge: "WasmEdge"
        case .wasmtime: "Wasmtime"
        case .wasmer: "Wasmer"
        }
    }
}
