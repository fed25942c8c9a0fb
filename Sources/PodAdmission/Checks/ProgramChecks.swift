import JSON

extension Check {
    static let programNotWasm = Check(
        code: .programNotWasm,
        defaultAction: .deny,
        reason:
            "the program of a Wasm container does not end in `.wasm`: under compat-smart, crun would run it natively",
        remedy: "set command to the module's path, which ends in .wasm"
    ) { input in
        guard input.concernsCrun, input.crunMode != .forced else { return [] }
        return input.wasm.filter { $0.isNamedWasm == false }.map { verdict in
            let program = (verdict.program.first ?? "").plainText(limit: 40)
            return Observation(verdict.container.name, "is Wasm, but its program \"\(program)\" does not end in .wasm")
        }
    }

    static let nativeProgramNamedWasm = Check(
        code: .nativeProgramNamedWasm,
        defaultAction: .warn,
        reason: "the Pod or a policy declares a container native, but its program ends in `.wasm`",
        remedy: "rename the program, or do not declare the container native"
    ) { input in
        guard input.concernsCrun else { return [] }
        return input.native.filter { $0.isNamedWasm == true }.map {
            Observation(
                $0.container.name,
                "is declared native, but crun runs its program as Wasm by its name"
            )
        }
    }

    static let workingDirectory = Check(
        code: .workingDirectory,
        defaultAction: .warn,
        reason:
            "the path of a `.wasm` program is relative, and WasmEdge does not get a working directory other than `/`",
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
