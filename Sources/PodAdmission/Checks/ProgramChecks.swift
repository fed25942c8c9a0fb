import JSON

extension Check {
    static let programNotWasm = Check(
        code: .programNotWasm,
        defaultAction: .deny,
        reason: "a Wasm image whose `args[0]` does not end in `.wasm`: under compat-smart crun would run it natively",
        remedy: "give the module's path, ending in .wasm, as command"
    ) { input in
        guard input.concernsCrun, !input.forcesWasm else { return [] }
        return input.wasm.filter { $0.isNamedWasm == false }.map { verdict in
            let program = (verdict.program.first ?? "").plainText(limit: 40)
            return Observation(verdict.container.name, "is Wasm, but its program \"\(program)\" does not end in .wasm")
        }
    }

    static let nativeProgramNamedWasm = Check(
        code: .nativeProgramNamedWasm,
        defaultAction: .warn,
        reason: "a container that the Pod or a policy declares native, whose `args[0]` ends in `.wasm`",
        remedy: "rename the program, or do not declare the container native"
    ) { input in
        guard input.concernsCrun else { return [] }
        return input.native.filter { $0.isNamedWasm == true }.map {
            Observation($0.container.name, "is declared native, but crun will run its program as Wasm by its name")
        }
    }

    static let workingDirectory = Check(
        code: .workingDirectory,
        defaultAction: .warn,
        reason: "a relative `.wasm` program with a working directory other than `/`, which WasmEdge is not given",
        remedy: "name the program by its absolute path"
    ) { input in
        guard input.followsCrun else { return [] }
        return input.wasm.compactMap { verdict in
            guard let program = verdict.program.first, verdict.isNamedWasm == true, !program.hasPrefix("/"),
                let directory = verdict.workingDirectory, !["", "/"].contains(directory)
            else { return nil }
            let shown = (program.plainText(limit: 30), directory.plainText(limit: 30))
            return Observation(
                verdict.container.name,
                "\"\(shown.0)\" is not found from the working directory \(shown.1)"
            )
        }
    }
}
