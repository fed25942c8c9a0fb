import JSON
import Logging
import Testing
import X509

@testable import ServingCertificates

extension CertificateManagerTests {
    @Test func theReplicaSurvivesAnOutageOfTheAPIServer() async throws {
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
            #expect(replica.said(.warning).count == 3, "one warning for each of the three objects")
            // It renews its leaf up to one leaf lifetime after the last read of the CA.
            time.value = start + day
            await replica.certificates.round()
            #expect(replica.leaf.certificate != leaf)
            let end = start + day / 2 + day
            try await Self.expectTrust([replica], cluster, at: end, "the leaf is trusted to its end")
            time.value = end + 1
            await replica.certificates.round()
            let root = try #require(cluster.record).current.certificate.certificate
            #expect(try await !replica.leaf.isTrusted([root], at: end + 1), "the leaf has expired")
            for path in [FakeCluster.secret, FakeCluster.mutating, FakeCluster.validating] { cluster.refuse(path, nil) }
            await replica.certificates.round()
            try await Self.expectTrust([replica], cluster, at: end + 1, "a new leaf is trusted at once")
            #expect(replica.said().count { $0.hasPrefix("no more problem") } == 3)
        }
    }

    @Test func aDeletedSecretIsRestored() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replicas = [Replica(client, time: time), Replica(client, leads: false, time: time)]
            for replica in replicas { try await replica.certificates.prepare() }
            await replicas[0].certificates.round()
            let old = try #require(cluster.record).current
            cluster[FakeCluster.secret] = nil
            // As in a namespace during its deletion.
            cluster.refuse("POST \(FakeCluster.secret)", 403)
            for _ in 0..<3 { await replicas[0].certificates.round() }
            #expect(replicas[0].said(.warning).count == 1, "logged once")
            cluster.refuse("POST \(FakeCluster.secret)", nil)
            for _ in 0..<4 {
                for replica in replicas.reversed() { await replica.certificates.round() }
                try await Self.expectTrust(replicas, cluster, at: time.value, "every leaf is trusted at every moment")
                time.value += 5
            }
            #expect(cluster.record?.current != old && cluster.record?.previous == [old.certificate])
        }
    }

    @Test func unusableSecrets() async throws {
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
            #expect(cluster.takeWrites().isEmpty, "a person has to fix it")

            data["ca.key"] = "eA=="
            mismatched["data"] = .object(data)
            cluster[FakeCluster.secret] = .object(mismatched)
            let new = Replica(client, time: time)
            try await new.certificates.prepare()
            #expect(cluster.takeWrites() == ["PUT \(FakeCluster.secret)"])
            #expect(new.said(.error).count == 1, "an error is logged")

            let expired = AuthorityRecord(current: try .sample(at: start - 400 * day))
            cluster[FakeCluster.secret] = AuthoritySecret.absent.object(storing: expired.staged(other), at: path)
            try await Replica(client, time: time).certificates.prepare()
            #expect(cluster.record?.current == other, "the successor replaces it")
        }
    }

    @Test func configurationsThatAreMissingOrReplaced() async throws {
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
            try await Self.expectTrust([replica], cluster, at: start, "the configuration exists now")
            // A person applies the manifests again, without a caBundle.
            cluster[FakeCluster.validating] = webhookConfiguration("ValidatingWebhookConfiguration")
            cluster.annotate("1")
            cluster.refuse(FakeCluster.mutating, 403)
            await replica.certificates.round()
            try await Self.expectTrust([replica], cluster, at: start, "the writable configuration has the caBundle")
            time.value += 60
            await replica.certificates.round()
            #expect(
                cluster.record?.next != nil && cluster.record?.answered == nil,
                "the CA is not promoted while the other configuration is wrong"
            )
            cluster.refuse(FakeCluster.mutating, nil)
            await replica.certificates.round()
            time.value += 10
            await replica.certificates.round()
            #expect(cluster.record?.answered == "1")
        }
    }

    @Test func webhooksThatDoNotCallTheServiceAreReported() async throws {
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
