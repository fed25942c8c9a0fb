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
            if let module = verdict.moduleVolume, module.isArtifact { return module.artifactObservation(verdict) }
            guard let form = verdict.unrunnable else { return nil }
            return Observation(
                verdict.container.name,
                "\(verdict.moduleVolume?.subject ?? "the image") is \(form.explanation), which crun cannot run",
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
        return input.wasm.flatMap { verdict in
            let volume = verdict.moduleVolume.flatMap { module in
                module.isUnpullableIndex && !input.pinnedVolumes.contains(module.volume.name) ? module.subject : nil
            }
            let image = verdict.isUnpullableIndex && !input.pinned.contains(verdict.container.name) ? "the image" : nil
            return [image, volume].compactMap { $0 }.map {
                Observation(
                    verdict.container.name,
                    "\($0) is an index with no entry for a Linux node, so no node can pull it"
                )
            }
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
            return Observation(
                verdict.container.name,
                "cannot tell if it is Wasm: \(reason.detail)",
                remedy: reason.remedy
            )
        }
    }

    static let imageNotAllowed = Check(
        code: .imageNotAllowed,
        defaultAction: .deny,
        reason: "the name of a Wasm image does not match the policy's `images.allowed`",
        remedy: "use an image that the cluster's policy allows"
    ) { input in
        guard !input.policy.images.allowed.isEmpty else { return [] }
        return input.anyWasm.flatMap { verdict in
            verdict.wasmReferences.compactMap { reference in
                guard let name = reference?.name else {
                    return Observation(verdict.container.name, "is Wasm, and its image reference is not valid")
                }
                guard !input.policy.images.allowed.contains(where: { $0.matches(name) }) else { return nil }
                let mountsModule = verdict.moduleVolume != nil && reference == verdict.reference
                let subject = mountsModule ? "a module mounted in" : "Wasm from"
                return Observation(
                    verdict.container.name,
                    "\(subject) \(name.plainText(limit: 60)) is not allowed here"
                )
            }
        }
    }

    static let moduleVolumeNotAllowed = Check(
        code: .moduleVolumeNotAllowed,
        defaultAction: .deny,
        reason: "a module is, or may be, in a volume that is not an image volume, but the policy restricts Wasm images",
        remedy: "use an image volume and an absolute path, or set images.moduleVolumes: Any in the policy"
    ) { input in
        let images = input.policy.images
        guard images.restrictsWasm, images.moduleVolumes == .image else { return [] }
        return input.anyWasm.compactMap { verdict in
            switch verdict.place {
            case .image: return nil
            case .unclear:
                return Observation(verdict.container.name, "is Wasm, and its program may be in any of its volumes")
            case .volume(let volume):
                guard case .other(let kind) = volume.source else { return nil }
                let shown = (volume.name.plainText(limit: 30), kind.plainText(limit: 30))
                return Observation(verdict.container.name, "runs Wasm from the volume \"\(shown.0)\" (\(shown.1))")
            }
        }
    }

    static let digestRequired = Check(
        code: .digestRequired,
        defaultAction: .deny,
        reason: "a Wasm image is named by tag, but the policy sets `images.requireDigest`",
        remedy: "name the image by digest: name@sha256:…"
    ) { input in
        guard input.policy.images.requireDigest else { return [] }
        return input.anyWasm.flatMap { verdict in
            var lacking: [Observation] = []
            if verdict.reference?.digest == nil, !input.pinned.contains(verdict.container.name) {
                lacking.append(Observation(verdict.container.name, "Wasm images must be named by digest here"))
            }
            if let module = verdict.moduleVolume, module.reference?.digest == nil,
                !input.pinnedVolumes.contains(module.volume.name)
            {
                lacking.append(Observation(verdict.container.name, "\(module.subject) must be named by digest here"))
            }
            return lacking
        }
    }
}

extension ContainerVerdict {
    /// The references of the images that a policy restricts: a link in the container's image can lead a mount of another
    /// volume over the module, so both count if the module is in an image volume.
    fileprivate var wasmReferences: [ImageReference?] {
        [reference] + (moduleVolume.map { [$0.reference] } ?? [])
    }
}

extension ModuleVolume {
    /// The volume's image, for the start of a message.
    fileprivate var subject: String { "the image volume \"\(volume.name.plainText(limit: 30))\"" }

    /// The observation about an artifact, which only one of the runtimes mounts.
    fileprivate func artifactObservation(_ verdict: ContainerVerdict) -> Observation {
        Observation(
            verdict.container.name,
            "\(subject) is a Wasm artifact, of which containerd mounts nothing",
            remedy: "build it as an image (FROM scratch, COPY app.wasm), or use CRI-O",
            defaultAction: .warn
        )
    }
}
