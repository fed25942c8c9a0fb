import ArgumentParser
import Foundation
import KubernetesAPI
import NodeRuntime

/// The label by which Pods of a runtime class find their nodes.
struct NodeLabel: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The Kubernetes node to label polypod.dev/crun-ENGINE=true once the runtime is there. In a Pod whose service \
            account may patch nodes. After an installation that was taken back the Pod stays, so that the runtime is \
            not restarted again and again.
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
        guard isName else { throw ValidationError("--node takes a node's name: a to z, 0 to 9, dots and dashes") }
    }

    /// Says that the engines' runtimes are on the node.
    func set(_ engines: [WasmEngine]) async throws { try await label(engines, "true") }

    /// Says it no longer.
    func remove(_ engines: [WasmEngine]) async throws { try await label(engines, nil) }

    /// Waits until the Pod is deleted.
    ///
    /// The kubelet starts a container that ended anew, and each attempt restarts the runtime twice.
    func stay() async throws {
        Terminal.standardError.write("polypod: this Pod tries no second time; delete it to try again\n")
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func label(_ engines: [WasmEngine], _ value: String?) async throws {
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
        let verb = value == nil ? "taken from" : "set on"
        for (key, _) in labels {
            Terminal.standardOutput.write(NodeLine("label", "\(key), \(verb) node \(node)").text(for: .standardOutput))
        }
    }
}
