import ArgumentParser
import Foundation
import KubernetesAPI
import NodeRuntime

/// The option `--node` and the node label that the runtime classes select.
struct NodeLabel: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The name of the Kubernetes node, which gets the label polypod.dev/crun-ENGINE=true when the runtime is \
            installed. It needs a Pod whose service account may patch nodes. After an installation that was rolled \
            back the command waits instead of ending: the kubelet would start it again, and each attempt restarts the \
            runtime.
            """,
            valueName: "name"
        )
    )
    var node: String?

    func validate() throws {
        guard let node else { return }
        let isName =
            (1...253).contains(node.utf8.count)
            && node.utf8.allSatisfy {
                ("a"..."z").contains(Character(.init($0))) || ("0"..."9").contains(Character(.init($0)))
                    || ".-".utf8.contains($0)
            }
        guard isName else {
            throw ValidationError("--node takes the name of a node: lower-case letters, digits, dots and dashes")
        }
    }

    /// Sets the labels of `engines` on the node; does nothing without `--node`.
    ///
    /// - Throws: `ExitCode(4)` if the API server cannot be reached or refuses.
    func set(_ engines: [WasmEngine]) async throws { try await patch(engines, "true") }

    /// Removes the labels of `engines` from the node; does nothing without `--node`.
    ///
    /// - Throws: `ExitCode(4)` if the API server cannot be reached or refuses.
    func remove(_ engines: [WasmEngine]) async throws { try await patch(engines, nil) }

    /// Waits until the Pod is deleted.
    ///
    /// The kubelet restarts a container that has ended, and each attempt restarts the runtime twice.
    ///
    /// - Throws: `CancellationError`.
    func waitForDeletion() async throws {
        Terminal.standardError.write("polypod: not retrying; delete this Pod to retry\n")
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func patch(_ engines: [WasmEngine], _ value: String?) async throws {
        guard let node else { return }
        let labels = engines.map { ("polypod.dev/\($0.handler)", value) }
        do {
            let access = try ClusterAccess.inCluster(environment: ProcessInfo.processInfo.environment)
            try await KubernetesClient.withClient(for: access) { client in
                try await client.label(node: node, Dictionary(uniqueKeysWithValues: labels))
            }
        } catch let error as KubernetesAPIError {
            Terminal.standardError.write("polypod: node \(node) cannot be labelled: \(error)\n")
            throw ExitCode(4)
        }
        let verb = value == nil ? "removed from" : "set on"
        for (key, _) in labels {
            Terminal.standardOutput.write(NodeLine("label", "\(key), \(verb) node \(node)").text(for: .standardOutput))
        }
    }
}
