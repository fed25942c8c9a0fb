import JSON

extension Check {
    static let imageNotRunnable = Check(
        code: .imageNotRunnable,
        defaultAction: .deny,
        reason: "the image is a Wasm artifact, a WASI 0.2 component, `.wat`, `js/wasm` or an Envoy plugin",
        remedy: "build a Wasm image with a root file system, or use a class that runs this form"
    ) { input in
        guard input.followsCrun else { return [] }
        return input.verdicts.compactMap { verdict in
            guard let form = verdict.unrunnable else { return nil }
            return Observation(
                verdict.container.name,
                "the image is \(form.explanation), which crun cannot run",
                remedy: form.remedy
            )
        }
    }

    static let indexNotPullable = Check(
        code: .indexNotPullable,
        defaultAction: .deny,
        reason: "the image is an index with only Wasm entries and is not pinned: no node finds its platform in it",
        remedy: "name the wasi/wasm manifest by digest, or push without an index (--provenance=false)"
    ) { input in
        guard input.followsCrun else { return [] }
        return input.wasm.filter { $0.isUnpullableIndex && !input.pinned.contains($0.container.name) }.map {
            Observation(
                $0.container.name,
                "the image is an index with no entry for a Linux node, so no node can pull it"
            )
        }
    }

    static let imageUnresolved = Check(
        code: .imageUnresolved,
        defaultAction: .warn,
        reason: "Polypod cannot determine in time whether an image is Wasm",
        remedy: "if it is Wasm, name the container in polypod.dev/wasm-containers"
    ) { input in
        guard input.mustKnowImages else { return [] }
        return input.verdicts.compactMap { verdict in
            guard verdict.containerClass == .unknown, let reason = verdict.unresolved else { return nil }
            return Observation(verdict.container.name, "cannot tell if it is Wasm: \(reason.detail)")
        }
    }

    static let imageNotAllowed = Check(
        code: .imageNotAllowed,
        defaultAction: .deny,
        reason: "the name of a Wasm image does not match the policy's `images.allowed`",
        remedy: "use an image that the cluster's policy allows"
    ) { input in
        guard !input.policy.images.allowed.isEmpty else { return [] }
        return input.anyWasm.compactMap { verdict in
            guard let name = verdict.reference?.name else {
                return Observation(verdict.container.name, "is Wasm, and its image reference is not valid")
            }
            guard !input.policy.images.allowed.contains(where: { $0.matches(name) }) else { return nil }
            return Observation(verdict.container.name, "Wasm from \(name.plainText(limit: 70)) is not allowed here")
        }
    }

    static let digestRequired = Check(
        code: .digestRequired,
        defaultAction: .deny,
        reason: "a Wasm image is named by tag, but the policy sets `images.requireDigest`",
        remedy: "name the image by digest: name@sha256:…"
    ) { input in
        guard input.policy.images.requireDigest else { return [] }
        return input.anyWasm.compactMap { verdict in
            guard !input.pinned.contains(verdict.container.name), verdict.reference?.digest == nil else { return nil }
            return Observation(verdict.container.name, "Wasm images must be named by digest here")
        }
    }
}
