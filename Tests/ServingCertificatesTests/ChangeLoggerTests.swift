import JSON
import Logging
import PodAdmission
import Testing
import X509

@testable import ServingCertificates

extension CertificateManagerTests {
    @Test func anOutageOfTheAPIServer() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            await replica.certificates.round()
            time.value = start + day / 2
            await replica.certificates.round()
            let leaf = replica.leaf.certificate
            for path in [FakeCluster.secret, FakeCluster.mutating, FakeCluster.validating] { cluster.refuse(path, 503) }
            for _ in 0..<5 { await replica.certificates.round() }
            #expect(replica.leaf.certificate == leaf)
            #expect(replica.said(.warning).count == 3, "once for each of the three")
            // It goes on for a leaf's life from the last time that the CA was known to be right.
            time.value = start + day
            await replica.certificates.round()
            #expect(replica.leaf.certificate != leaf)
            let end = start + day / 2 + day
            try await Self.expectTrust([replica], cluster, at: end, "to the end")
            time.value = end + 1
            await replica.certificates.round()
            let root = try #require(cluster.record).current.certificate.certificate
            #expect(try await !replica.leaf.isTrusted([root], at: end + 1), "and no longer")
            for path in [FakeCluster.secret, FakeCluster.mutating, FakeCluster.validating] { cluster.refuse(path, nil) }
            await replica.certificates.round()
            try await Self.expectTrust([replica], cluster, at: end + 1, "at once")
            #expect(replica.said().count { $0.hasPrefix("no more trouble") } == 3)
        }
    }

    @Test func aDeletedSecret() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replicas = [Replica(client, time: time), Replica(client, leads: false, time: time)]
            for replica in replicas { try await replica.certificates.prepare() }
            await replicas[0].certificates.round()
            let old = try #require(cluster.record).current
            cluster[FakeCluster.secret] = nil
            // As in a namespace that is being deleted.
            cluster.refuse("POST \(FakeCluster.secret)", 403)
            for _ in 0..<3 { await replicas[0].certificates.round() }
            #expect(replicas[0].said(.warning).count == 1, "said once")
            cluster.refuse("POST \(FakeCluster.secret)", nil)
            for _ in 0..<4 {
                for replica in replicas.reversed() { await replica.certificates.round() }
                try await Self.expectTrust(replicas, cluster, at: time.value, "no moment without trust")
                time.value += 5
            }
            #expect(cluster.record?.current != old && cluster.record?.previous == [old.certificate])
        }
    }

    @Test func secretsThatCannotBeUsed() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        let other = try SigningAuthority.sample()
        let path = CertificateManagerConfiguration().secret
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            await replica.certificates.round()
            _ = cluster.takeWrites()
            let leaf = replica.leaf.certificate
            let good = try #require(cluster[FakeCluster.secret]?.object)
            var data = try #require(good["data"]?.object)
            data["ca.key"] = SecretTests.encoded(other.keyPEM)
            var mismatched = good
            mismatched["data"] = .object(data)
            cluster[FakeCluster.secret] = .object(mismatched)
            for _ in 0..<3 { await replica.certificates.round() }
            #expect(cluster.takeWrites().isEmpty && replica.leaf.certificate == leaf)
            #expect(replica.said(.error).count == 1)
            await #expect { try await Replica(client, time: time).certificates.prepare() } throws: { error in
                (error as? ServingCertificates.CertificateError)?.code == .keyMismatch
            }
            #expect(cluster.takeWrites().isEmpty, "a person's to mend")

            data["ca.key"] = "eA=="
            mismatched["data"] = .object(data)
            cluster[FakeCluster.secret] = .object(mismatched)
            let new = Replica(client, time: time)
            try await new.certificates.prepare()
            #expect(cluster.takeWrites() == ["PUT \(FakeCluster.secret)"])
            #expect(new.said(.error).count == 1, "loudly")

            let expired = AuthorityRecord(current: try .sample(at: start - 400 * day))
            cluster[FakeCluster.secret] = AuthoritySecret.absent.holding(expired.staged(other), at: path)
            try await Replica(client, time: time).certificates.prepare()
            #expect(cluster.record?.current == other, "its successor takes its place")
        }
    }

    @Test func configurationsThatComeAndGo() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            let mutating = cluster[FakeCluster.mutating]
            cluster[FakeCluster.mutating] = nil
            try await replica.certificates.prepare()
            await replica.certificates.round()
            #expect(try cluster.bundles.count == 2)
            cluster[FakeCluster.mutating] = mutating
            await replica.certificates.round()
            try await Self.expectTrust([replica], cluster, at: start, "it is there now")
            // Somebody applies the manifests again, without a caBundle.
            cluster[FakeCluster.validating] = webhookConfiguration("ValidatingWebhookConfiguration")
            cluster.annotate("1")
            cluster.refuse(FakeCluster.mutating, 403)
            await replica.certificates.round()
            try await Self.expectTrust([replica], cluster, at: start, "the one that can be written is")
            time.value += 60
            await replica.certificates.round()
            #expect(cluster.record?.next != nil && cluster.record?.answered == nil, "not without the other")
            cluster.refuse(FakeCluster.mutating, nil)
            await replica.certificates.round()
            time.value += 10
            await replica.certificates.round()
            #expect(cluster.record?.answered == "1")
        }
    }

    @Test func aServiceThatNobodyCalls() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time) {
                $0 = CertificateManagerConfiguration(serviceName: "another")
            }
            try await replica.certificates.prepare()
            for _ in 0..<3 { await replica.certificates.round() }
            #expect(replica.said(.warning).count == 2)
            #expect(cluster.takeWrites() == ["POST \(FakeCluster.secret)"])
        }
    }
}
