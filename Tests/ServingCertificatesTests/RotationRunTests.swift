import MetricsTestKit
import Testing
import X509

@testable import ServingCertificates

extension CertificateManagerTests {
    @Test func aWholeRotation() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let leader = Replica(client, time: time)
            let follower = Replica(client, leads: false, time: time)
            try await leader.certificates.prepare()
            try await follower.certificates.prepare()
            await leader.certificates.round()
            let first = try #require(cluster.record)
            time.value = first.successorDueAt
            await leader.certificates.round()
            await follower.certificates.round()
            let staged = try #require(cluster.record?.next)
            #expect(cluster.record?.current == first.current)
            #expect(try cluster.bundles.allSatisfy { $0.count == 2 })
            try await Self.expectTrust([leader, follower], cluster, at: time.value, "staged")
            time.value += 9
            await leader.certificates.round()
            #expect(cluster.record?.current == first.current, "the caBundles have not settled")
            time.value += 1
            await leader.certificates.round()
            let second = try #require(cluster.record)
            #expect(second.current == staged && second.previous == [first.current.certificate])
            try await Self.expectTrust(
                [leader, follower],
                cluster,
                at: time.value,
                "promoted, before the follower's round"
            )
            let newRoot = second.current.certificate.certificate
            #expect(try await leader.leaf.isTrusted([newRoot], at: time.value))
            #expect(try await !follower.leaf.isTrusted([newRoot], at: time.value))
            await follower.certificates.round()
            #expect(try await follower.leaf.isTrusted([newRoot], at: time.value))
            #expect(leader.metrics.counterTotal(label: "polypod_ca_rotations_total") == 1)
            time.value += day + 300
            await leader.certificates.round()
            #expect(cluster.record?.previous == [])
            #expect(try cluster.bundles.allSatisfy { $0 == [newRoot] })
            #expect(!leader.transcript.contains("PRIVATE"))
        }
    }

    @Test func leadersMayChangeAfterEveryStep() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replicas = [Replica(client, time: time), Replica(client, leads: false, time: time)]
            for replica in replicas { try await replica.certificates.prepare() }
            await replicas[0].certificates.round()
            for request in ["1", "2"] {
                cluster.annotate(request)
                // Each leader loses the lead after one write, and another leader continues.
                for step in 0..<6 {
                    for path in [FakeCluster.secret, FakeCluster.mutating, FakeCluster.validating] {
                        for method in ["PUT", "PATCH"] {
                            cluster.interrupt(method, path) { _ in replicas.forEach { $0.leads.value = false } }
                        }
                    }
                    // Each leader waits on its own for the caBundles to settle.
                    for wait in [0, 10] {
                        time.value += wait
                        for replica in replicas { await replica.certificates.round() }
                        try await Self.expectTrust(replicas, cluster, at: time.value, "rotation \(request)")
                    }
                    cluster.dropInterruptions()
                    replicas[step % 2].leads.value = true
                    replicas[1 - step % 2].leads.value = false
                }
                #expect(cluster.record?.answered == request)
            }
            #expect(cluster.record?.previous.count == 2)
        }
    }
}
