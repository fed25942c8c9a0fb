/// Asks whether a runtime, with the files as they are now, knows the handlers.
struct RuntimeCheck {
    let folder: HostFolder
    let commands: any NodeCommands

    /// What came of asking.
    enum Answer: Equatable {
        /// It knows them all.
        case known
        /// It could not be asked.
        case unasked
        /// It does not, and why.
        case refused(String)
    }

    /// Asks the program for the configuration as it understands it.
    func ask(_ host: NodeHost, for engines: [WasmEngine]) -> Answer {
        guard let binary = host.binary,
            let answer = HostDetector(folder: folder, commands: commands).ask(host.kind, binary)
        else { return .unasked }
        // What could not answer before the change either says nothing about the change.
        guard answer.code == 0 || host.isDumped else { return .unasked }
        guard answer.code == 0 else {
            return .refused("\(host.kind.title) refuses the configuration: \(answer.lastLine)")
        }
        guard let tree = try? TOMLTree(parsing: answer.output, file: "config dump") else {
            // CRI-O prints its defaults as comments; what it prints besides may not be TOML in every version.
            let isNamed = engines.allSatisfy { answer.output.contains("runtimes.\($0.handler)]") }
            return isNamed ? .known : .unasked
        }
        return find(engines, in: tree, host)
    }

    /// What is wrong with the file that the runtime made when it started; nil for nothing.
    func complaint(about host: NodeHost, for engines: [WasmEngine]) -> String? {
        do throws(NodeError) {
            guard let text = try folder.text(host.kind.effectiveFile) else {
                return "\(host.kind.effectiveFile) is not there"
            }
            let tree = try TOMLTree(parsing: text, file: host.kind.effectiveFile)
            guard case .refused(let reason) = find(engines, in: tree, host) else { return nil }
            return reason
        } catch {
            return error.message
        }
    }

    private func find(_ engines: [WasmEngine], in tree: TOMLTree, _ host: NodeHost) -> Answer {
        let dialects: [ConfigFormat] = host.dialect == .crio ? [.crio] : [.containerd3, .containerd2]
        for engine in engines {
            let found = dialects.contains { dialect in
                guard let value = tree[dialect.runtimes + [engine.handler]] else { return false }
                // What CRI-O prints leaves defaults out.
                guard dialect != .crio else { return true }
                return value[["options", "BinaryName"]]?.string == engine.program
            }
            guard found else { return .refused(missing(engine, tree)) }
        }
        return .known
    }

    private func missing(_ engine: WasmEngine, _ tree: TOMLTree) -> String {
        let imports = tree[["imports"]]?.strings ?? []
        let why =
            imports.isEmpty
            ? ""
            : " (it takes in \(imports.joined(separator: ", ")): in containerd 1.x the table of a file taken in"
                + " replaces the main file's whole)"
        return "the runtime does not know \(engine.handler)\(why)"
    }
}
