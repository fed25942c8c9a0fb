import KubernetesAPI
import Logging
import ServiceLifecycle
import Testing

@testable import ServingCertificates

extension CertificateManagerTests {
    @Test func itRunsUntilItIsToldToStop() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        let (patches, patched) = AsyncStream.makeStream(of: Void.self)
        try await cluster.serve { client in
            let replica = Replica(client, time: time) { $0.pollInterval = .milliseconds(1) }
            try await replica.certificates.prepare()
            cluster.interrupt("PATCH", FakeCluster.validating) { _ in patched.yield() }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let group = ServiceGroup(configuration: .init(services: [replica.certificates], logger: logger))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                _ = await patches.first { _ in true }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(replica.said(.warning).isEmpty, "what is broken off at the end is no trouble")
        }
    }
}
