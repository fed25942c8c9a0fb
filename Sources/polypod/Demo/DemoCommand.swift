import ArgumentParser
import Foundation
import ImageRegistry
import JSON
import Logging
import Manifests
import PodAdmission
import ServiceLifecycle
import UnixSignals
import WebhookServer

/// Runs a registry and the webhook on loopback, in one process, and sends them the examples.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a small registry and the webhook on loopback, and send the examples' Pods to the webhook.",
        discussion: "Both keep running until you interrupt the program, so that you can try your own manifests."
    )

    @Option(help: "The folder with the examples.")
    var examples = "deploy/examples"

    @Option(help: "The webhook's port; 0 takes any free port.")
    var port = 0

    @Flag(help: "Exit after the examples.")
    var once = false

    func run() async throws {
        let documents = try ManifestFiles.read([examples])
        let content = try DemoContent(DemoImage.all)
        let logger = Logger(label: "polypod.demo") { _ in SwiftLogNoOpLogHandler() }
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let registry = DemoRegistry(content, logger: logger) { bound.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await registry.run() }
            guard let registryPort = await ports.first(where: { _ in true }) else { return }
            try await serve(registryPort: registryPort, documents: documents, logger: logger)
            group.cancelAll()
        }
    }

    private func serve(registryPort: Int, documents: [SourceDocument], logger: Logger) async throws {
        let registries = Self.registries(port: registryPort)
        var configuration = InspectorConfiguration()
        configuration.registries = try RegistriesConfiguration(registries)
        configuration.logger = logger
        try await ImageInspector.withInspector(configuration) { inspector in
            let certificates = try DevelopmentCertificates.make(
                names: ["localhost", "127.0.0.1"],
                days: 1,
                now: Date()
            )
            var settings = AdmissionServerConfiguration(
                certificate: .memory(certificate: certificates.certificate, key: certificates.key)
            )
            settings.listen = ListenAddress(host: "127.0.0.1", port: port)
            settings.opsListen = ListenAddress(host: "127.0.0.1", port: 0)
            settings.shutdownDelay = .zero
            let images = ImageResolver(inspector: inspector)
            let handler = AdmissionHandler(environment: AdmissionEnvironment(), images: images, logger: logger)
            let server = try AdmissionServer(configuration: settings, handler: handler, logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                let url = "https://127.0.0.1:\(try await server.boundPort())"
                try await DemoClient.withClient(url: url, authority: certificates.authority) { client in
                    let walkthrough = DemoWalkthrough(client: client, images: images, terminal: .standardOutput)
                    try await walkthrough.run(documents)
                }
                if !once {
                    try printNextSteps(
                        url: url,
                        opsPort: try await server.boundOpsPort(),
                        authority: certificates.authority,
                        registries: registries
                    )
                    await Self.waitForInterrupt()
                }
                group.cancelAll()
            }
        }
    }

    /// A configuration in which the demo's registry is the mirror of all registries that the examples name.
    private static func registries(port: Int) -> JSONValue {
        let mirror: JSONValue = ["endpoint": [.string("http://127.0.0.1:\(port)")]]
        return ["mirrors": ["ghcr.io": mirror, "docker.io": mirror, "registry.k8s.io": mirror]]
    }

    /// Waits for SIGINT or SIGTERM.
    private static func waitForInterrupt() async {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
    }

    /// Writes the files that the commands need, and prints the commands to try next.
    private func printNextSteps(url: String, opsPort: Int, authority: String, registries: JSONValue) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "polypod-demo").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try authority.write(toFile: "\(folder)/ca.crt", atomically: true, encoding: .utf8)
        try registries.prettyText.write(toFile: "\(folder)/registries.yaml", atomically: true, encoding: .utf8)
        let width = 2 + (DemoImage.all.map(\.reference.count).max() ?? 0)
        let images = DemoImage.all.map { "    \($0.reference.padding(to: width))\($0.summary)\n" }.joined()
        Terminal.standardOutput.write(
            """

            The webhook listens at \(url); its metrics are at http://127.0.0.1:\(opsPort)/metrics.

              your own Pod     polypod check -f pod.yaml --registries \(folder)/registries.yaml
              the webhook      polypod review -f pod.yaml | curl -s --cacert \(folder)/ca.crt \\
                                 -H 'Content-Type: application/json' -d @- \(url)/mutate
              in a cluster     see "Five minutes on kind" in README.md

              Images in the demo's registry:
            \(images)
            Press Control-C to end.

            """
        )
    }
}
