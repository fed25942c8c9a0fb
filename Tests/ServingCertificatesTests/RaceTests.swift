import JSON
import Logging
import Testing

@testable import ServingCertificates

extension CertificateManagerTests {
    @Test func aLostRaceIsRetriedInTheNextRound() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            // Between the read and the patch, another client changes the order of the webhooks.
            cluster.interrupt("PATCH", FakeCluster.mutating) { cluster in
                guard var object = cluster[FakeCluster.mutating]?.object, let webhooks = object["webhooks"]?.array
                else {
                    return
                }
                object["webhooks"] = .array(Array(webhooks[1...]) + [webhooks[0]])
                cluster[FakeCluster.mutating] = .object(object)
            }
            await replica.certificates.round()
            await replica.certificates.round()
            let webhooks = try #require(cluster[FakeCluster.mutating]?["webhooks"]?.array)
            #expect(webhooks.map { $0["clientConfig"]?["caBundle"] != nil } == [false, true, true])
            // Between the read and the write of the Secret, a person requests a rotation.
            time.value = try #require(cluster.record).successorDueAt
            cluster.interrupt("PUT", FakeCluster.secret) { $0.annotate("1") }
            await replica.certificates.round()
            #expect(cluster.record?.next == nil)
            await replica.certificates.round()
            #expect(cluster.record?.next != nil && cluster.record?.stagedFor == "1")
            #expect(replica.said(.warning).isEmpty, "lost races are not logged")
        }
    }

    @Test func aLeaderThatWasSuspended() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            await replica.certificates.round()
            let record = try #require(cluster.record)
            let staged = record.staged(try .sample())
            let bundle = CABundle.encoded(staged.bundle)
            _ = cluster.takeWrites()
            // It reads a wrong caBundle; before it writes, another leader stages and publishes.
            cluster[FakeCluster.mutating] = webhookConfiguration("MutatingWebhookConfiguration")
            cluster.interrupt("PATCH", FakeCluster.mutating) { cluster in
                let secret = AuthoritySecret(reading: cluster[FakeCluster.secret] ?? .null)
                cluster[FakeCluster.secret] = secret.object(
                    storing: staged,
                    at: CertificateManagerConfiguration().secret
                )
                cluster[FakeCluster.mutating] = webhookConfiguration(
                    "MutatingWebhookConfiguration",
                    bundles: [bundle, nil, bundle]
                )
            }
            await replica.certificates.round()
            #expect(cluster.takeWrites() == ["PATCH \(FakeCluster.mutating)"])
            #expect(
                cluster[FakeCluster.mutating]?["webhooks"]?.array?[0]["clientConfig"]?["caBundle"] == .string(bundle)
            )
            // It loses the lead while it reads.
            cluster[FakeCluster.mutating] = webhookConfiguration("MutatingWebhookConfiguration")
            cluster.interrupt("GET", FakeCluster.secret) { _ in replica.leads.value = false }
            await replica.certificates.round()
            #expect(cluster.takeWrites().isEmpty)
        }
    }

    @Test(arguments: [FakeCluster.mutating, FakeCluster.validating, FakeCluster.secret])
    func anotherLeaderWritesBetweenTwoReads(path: String) async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            await replica.certificates.round()
            let staged = try #require(cluster.record).staged(try .sample())
            let bundle = CABundle.encoded(staged.bundle)
            cluster.interrupt("GET", path) { cluster in
                let secret = AuthoritySecret(reading: cluster[FakeCluster.secret] ?? .null)
                cluster[FakeCluster.secret] = secret.object(
                    storing: staged,
                    at: CertificateManagerConfiguration().secret
                )
                for (path, kind) in [(FakeCluster.mutating, "Mutating"), (FakeCluster.validating, "Validating")] {
                    cluster[path] = webhookConfiguration(
                        "\(kind)WebhookConfiguration",
                        bundles: [bundle, nil, bundle]
                    )
                }
            }
            await replica.certificates.round()
            // Two each were stored by the test, by the first publication, and by the other leader.
            let others = try cluster.history.dropFirst(6)
            #expect(others.joined().allSatisfy { $0.count == 2 }, "no CA that may sign soon is removed")
            #expect(try cluster.bundles.allSatisfy { $0.count == 2 })
        }
    }

    @Test func aRaceThatIsAlwaysLostIsReported() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            for round in 1...5 {
                for path in [FakeCluster.mutating, FakeCluster.validating] {
                    cluster.interrupt("PATCH", path) { $0.touch(path) }
                }
                await replica.certificates.round()
                #expect(replica.said(.warning).count == (round < 3 ? 0 : 2), "the third lost race in a row is logged")
            }
            await replica.certificates.round()
            await replica.certificates.round()
            #expect(replica.said().count { $0.hasPrefix("no more problem") } == 2)
        }
    }
}
