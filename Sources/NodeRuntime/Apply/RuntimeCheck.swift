/// Checks whether a runtime knows the handlers, with its configuration files as they are now.
struct RuntimeCheck {
    let folder: HostFolder
    let commands: any HostCommands

    /// The result of a check.
    enum Result: Equatable {
        /// The runtime knows all handlers.
        case known
        /// The runtime's program cannot be asked.
        case unchecked
        /// The runtime rejects the configuration or lacks a handler, for this reason.
        case refused(String)
    }

    /// Has the runtime's program read the configuration and print it.
    func check(_ host: NodeHost, for engines: [WasmEngine]) -> Result {
        guard let binary = host.binary else { return .unchecked }
        let program = RuntimeProgram(kind: host.kind, path: binary, folder: folder, commands: commands)
        guard let result = program.dumpConfiguration() else { return .unchecked }
        // A program that failed before the change too says nothing about the change.
        guard result.code == 0 || host.isDumped else { return .unchecked }
        guard result.code == 0 else {
            return .refused("\(host.kind.title) rejects the configuration: \(result.lastLine)")
        }
        guard let tree = try? TOMLTree(parsing: result.output, file: "config dump") else {
            // CRI-O prints its defaults as comments, and the rest is not valid TOML in every version.
            let isNamed = engines.allSatisfy { result.output.contains("runtimes.\($0.handler)]") }
            return isNamed ? .known : .unchecked
        }
        return find(engines, in: tree, host)
    }

    /// The fault of the file that the runtime generates when it starts; nil if the file has all handlers.
    func complaint(about host: NodeHost, for engines: [WasmEngine]) -> String? {
        do throws(NodeError) {
            guard let text = try folder.text(host.kind.effectiveFile) else {
                return "\(host.kind.effectiveFile) does not exist"
            }
            let tree = try TOMLTree(parsing: text, file: host.kind.effectiveFile)
            guard case .refused(let reason) = find(engines, in: tree, host) else { return nil }
            return reason
        } catch {
            return error.message
        }
    }

    private func find(_ engines: [WasmEngine], in tree: TOMLTree, _ host: NodeHost) -> Result {
        let formats: [ConfigFormat] = host.format == .crio ? [.crio] : [.containerd3, .containerd2]
        for engine in engines {
            let isFound = formats.contains { format in
                guard let value = tree[format.runtimes + [engine.handler]] else { return false }
                // CRI-O does not print values that are the default.
                guard format != .crio else { return true }
                return value[["options", "BinaryName"]]?.string == engine.program
            }
            guard isFound else { return .refused(missing(engine, tree)) }
        }
        return .known
    }

    private func missing(_ engine: WasmEngine, _ tree: TOMLTree) -> String {
        let imports = tree[["imports"]]?.strings ?? []
        let reason =
            imports.isEmpty
            ? ""
            : " (its configuration imports \(imports.joined(separator: ", ")): in containerd 1.x a table of an imported"
                + " file replaces the whole table of the main file)"
        return "the runtime does not know \(engine.handler)\(reason)"
    }
}
