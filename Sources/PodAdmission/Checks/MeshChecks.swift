/// The proxies of service meshes: the name of the container, and the uid whose traffic the mesh does not redirect.
private let meshProxies: [(container: String, user: Int)] = [("istio-proxy", 1337), ("linkerd-proxy", 2102)]

extension Check {
    static let meshUser = Check(
        code: .meshUser,
        defaultAction: .warn,
        reason: "a Wasm container runs with the uid of the mesh's proxy, so its traffic bypasses the mesh",
        remedy: "give the container another runAsUser"
    ) { input in
        let containers = input.pod.spec.containers
        return meshProxies.flatMap { proxy -> [Observation] in
            guard let found = containers.first(where: { $0.name == proxy.container }) else { return [] }
            let user = found.runAsUser ?? proxy.user
            return input.wasm.filter { ($0.container.runAsUser ?? input.pod.spec.runAsUser) == user }.map {
                Observation(
                    $0.container.name,
                    "runs as uid \(user) like \(proxy.container), so its traffic bypasses the mesh"
                )
            }
        }
    }
}
