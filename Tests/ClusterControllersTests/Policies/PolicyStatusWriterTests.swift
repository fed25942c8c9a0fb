import KubernetesAPI
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import ClusterControllers

@Suite("The writer of the status of policies", .timeLimit(.minutes(1)))
struct PolicyStatusWriterTests {
    private static let path = "/apis/polypod.dev/v1alpha1/wasmpolicies"

    /// Runs a writer that finds this entry for each policy.
    private struct Running: Service {
        let writer: PolicyStatusWriter
        let entry: PolicyStore.Entry?

        func run() async throws { await writer.run { _ in entry } }
    }

    @Test("An update that fails is tried again at shutdown, unless the policy was removed", arguments: [true, false])
    func retries(isThere: Bool) async throws {
        var store = PolicyStore()
        if isThere { _ = store.update(Objects.policy("p")) }
        let entry = store.entries["p"]
        try await FakeCluster.run { cluster, client in
            cluster.refuse(Self.path, 500)
            let writer = PolicyStatusWriter(
                client: client,
                instance: "polypod-1",
                logger: .silent,
                clock: ManualClock().source
            )
            try await withService(Running(writer: writer, entry: entry)) {
                writer.add(["p": .accepted])
                await cluster.until("GET", "\(Self.path)/p", status: 500)
            }
            #expect(cluster.calls.count == (isThere ? 2 : 1))
        }
    }
}
