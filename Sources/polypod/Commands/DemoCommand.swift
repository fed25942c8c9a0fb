import ArgumentParser
import Foundation
import ImageRegistry
import JSON
import Logging
import PodAdmission
import ServiceLifecycle
import WebhookServer

/// Shows the whole of Polypod on loopback, in one process.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a tiny registry and the webhook on loopback, and send it the Pods of the examples.",
        discussion: "It goes on serving until it is interrupted, for your own manifests."
    )

    @Option(help: "The folder with the examples.")
    var examples = "deploy/examples"

    @Option(help: "The webhook's port; 0 takes any.")
    var port = 0

    @Flag(help: "End after the examples.")
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
                    let story = DemoStory(client: client, images: images, terminal: .standardOutput)
                    try await story.tell(documents)
                }
                if !once {
                    try invite(
                        url: url,
                        opsPort: try await server.boundOpsPort(),
                        authority: certificates.authority,
                        registries: registries
                    )
                    try await Interruption.wait()
                }
                group.cancelAll()
            }
        }
    }

    /// The tiny registry stands in for all registries that the examples name.
    private static func registries(port: Int) -> JSONValue {
        let mirror: JSONValue = ["endpoint": [.string("http://127.0.0.1:\(port)")]]
        return ["mirrors": ["ghcr.io": mirror, "docker.io": mirror, "registry.k8s.io": mirror]]
    }

    /// Says how to go on.
    private func invite(url: String, opsPort: Int, authority: String, registries: JSONValue) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "polypod-demo").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try authority.write(toFile: "\(folder)/ca.crt", atomically: true, encoding: .utf8)
        try registries.prettyText.write(toFile: "\(folder)/registries.yaml", atomically: true, encoding: .utf8)
        let width = 2 + (DemoImage.all.map(\.reference.count).max() ?? 0)
        let images = DemoImage.all.map { "    \($0.reference.padding(to: width))\($0.summary)\n" }.joined()
        Terminal.standardOutput.write(
            """

            The webhook listens at \(url), its metrics at http://127.0.0.1:\(opsPort)/metrics.

              your own Pod     polypod check -f pod.yaml --registries \(folder)/registries.yaml
              the webhook      polypod review -f pod.yaml | curl -s --cacert \(folder)/ca.crt \\
                                 -H 'Content-Type: application/json' -d @- \(url)/mutate
              in a cluster     see "Five minutes on kind" in README.md

              Images that the demonstration's registry has:
            \(images)
            Press Control-C to end.

            """
        )
    }
}
