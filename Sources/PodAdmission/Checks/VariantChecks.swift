import JSON

extension Check {
    static let variantForcesWasm = Check(
        code: .variantForcesWasm,
        defaultAction: .deny,
        reason:
            "the variant `compat` or `run.oci.handler: wasm` makes crun run a native container of the Pod as Wasm",
        remedy: "set module.wasm.image/variant to compat-smart and remove run.oci.handler"
    ) { input in
        guard input.canBeCrun, input.crunMode == .forced else { return [] }
        let cause = input.handler.map { "run.oci.handler: \($0.plainText(limit: 20))" } ?? "the variant compat"
        return input.native.map {
            Observation($0.container.name, "\(cause) makes crun run this native program as Wasm")
        }
    }

    static let variantUnknown = Check(
        code: .variantUnknown,
        defaultAction: .deny,
        reason: "the annotation `module.wasm.image/variant` has a value that crun does not know",
        remedy: "use compat-smart"
    ) { input in
        guard input.concernsCrun, input.crunMode == .native else { return [] }
        if let handler = input.handler {
            let shown = handler.plainText(limit: 30)
            return [
                Observation(
                    nil,
                    "crun does not know the run.oci.handler \"\(shown)\" and would run Wasm natively",
                    remedy: "remove run.oci.handler"
                )
            ]
        }
        guard let variant = input.variant else { return [] }
        let shown = variant.plainText(limit: 30)
        return [
            Observation(
                nil,
                "crun does not know the module.wasm.image/variant \"\(shown)\" and would run Wasm natively"
            )
        ]
    }
}
