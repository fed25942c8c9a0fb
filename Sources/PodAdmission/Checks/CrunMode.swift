/// The way in which crun runs the containers of a Pod, by its annotations.
///
/// crun compares the values exactly (crun, custom-handler.c, libcrun_configure_handler, and handler-utils.c,
/// wasm_can_handle_container).
enum CrunMode: Equatable {
    /// Containers whose `args[0]` ends in `.wasm` or `.wat` are Wasm.
    case smart
    /// Every container is Wasm, or runs in another handler such as `krun`.
    case forced
    /// Every container is native: there is no annotation, or crun does not know its value.
    case native

    /// The handlers that a build of crun can have, besides the annotation value `wasm-smart`.
    private static let handlers: Set<String> = [
        "wasm", "wasmedge", "wasmtime", "wasmer", "wamr", "krun", "dotnet", "spin",
    ]

    /// The mode of a Pod's annotations; the handler has precedence over the variant.
    init(handler: String?, variant: String?) {
        if let handler {
            self = handler == "wasm-smart" ? .smart : Self.handlers.contains(handler) ? .forced : .native
            return
        }
        switch variant.flatMap(WasmPolicy.Variant.init(rawValue:)) {
        case .compatSmart: self = .smart
        case .compat: self = .forced
        case nil: self = .native
        }
    }
}

extension WasmPolicy.Runtime {
    /// Whether crun can run the Pods of a class, so that its annotations can have an effect.
    ///
    /// The default runtime of a node can be crun, and so can a class that the policy does not name.
    func canBeCrun(_ runtimeClassName: String?) -> Bool {
        guard let runtimeClassName, !isMixed(runtimeClassName) else { return true }
        return runtimeClassName.hasPrefix("crun") || !otherWasmRuntimeClassNames.contains(runtimeClassName)
    }
}
