import FoundationEssentials
import JSON
import KubernetesAPI
import Logging
import MetricsTestKit
import ServiceLifecycle
import TestSupport
import Testing
import X509

@testable import ServingCertificates

/// The tests with an API server on loopback; they run one after another.
@Suite("Managed certificates", .serialized, .timeLimit(.minutes(2)))
struct CertificateManagerTests {
    /// Expects that every caBundle trusts every replica's leaf.
    static func expectTrust(
        _ replicas: [Replica],
        _ cluster: FakeCluster,
        at time: Int,
        _ moment: Comment,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for bundle in try cluster.bundles {
            for replica in replicas {
                #expect(try await replica.leaf.isTrusted(bundle, at: time), moment, sourceLocation: sourceLocation)
            }
        }
    }

    @Test func theFirstReplicaCreatesTheCA() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            #expect(replica.certificates.servingPair == ("", ""))
            try await replica.certificates.prepare()
            #expect(cluster.takeWrites() == ["POST \(FakeCluster.secret)"])
            await replica.certificates.round()
            #expect(Set(cluster.takeWrites()) == ["PATCH \(FakeCluster.mutating)", "PATCH \(FakeCluster.validating)"])
            #expect(try cluster.bundles.count == 4)
            try await Self.expectTrust([replica], cluster, at: start, "after the first round")
            #expect(cluster[FakeCluster.mutating]?["webhooks"]?.array?[1]["clientConfig"]?["caBundle"] == nil)
            #expect(replica.said() == ["CA created", "caBundle written", "caBundle written"])
            #expect(replica.metrics.counterTotal(label: "polypod_cabundle_writes_total") == 2)
            let expiry = try replica.metrics.expectGauge("polypod_ca_expiry_timestamp_seconds").lastValue
            #expect(expiry == Double(start + 365 * day))
            #expect(!replica.transcript.contains("PRIVATE"))
        }
    }

    @Test func replicasThatStartTogetherUseOneCA() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        let other = try SigningAuthority.sample()
        try await cluster.serve { client in
            let replica = Replica(client, leads: false, time: time)
            cluster.interrupt("POST", "/api/v1/namespaces/polypod-system/secrets") { cluster in
                let path = CertificateManagerConfiguration().secret
                cluster[FakeCluster.secret] = AuthoritySecret.absent.object(
                    storing: AuthorityRecord(current: other),
                    at: path
                )
            }
            try await replica.certificates.prepare()
            #expect(cluster.record?.current == other)
            #expect(try await replica.leaf.isTrusted([other.certificate.certificate], at: start))
            await replica.certificates.round()
            #expect(
                cluster.takeWrites() == ["POST \(FakeCluster.secret)"],
                "a replica that does not lead writes nothing"
            )
        }
    }

    @Test func refusalsAndLostRacesAtTheStart() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            cluster.refuse(FakeCluster.secret, 403)
            await #expect { try await replica.certificates.prepare() } throws: { error in
                (error as? ServingCertificates.CertificateError)?.code == .kubernetes
            }
            cluster.refuse(FakeCluster.secret, nil)
            cluster[FakeCluster.secret] = ["metadata": ["name": "polypod-ca"]]
            for _ in 0..<5 { cluster.interrupt("PUT", FakeCluster.secret) { $0.annotate("x") } }
            await #expect { try await replica.certificates.prepare() } throws: { error in
                (error as? ServingCertificates.CertificateError)?.code == .contended
            }
            try await replica.certificates.prepare()
            #expect(cluster.record?.answered == "x", "a new CA fulfils the request")
        }
    }

    @Test(
        "At the start a replica waits for the API server, but not forever",
        arguments: [(503, "starting"), (429, "busy"), (504, "slow")]
    )
    func theReplicaWaitsForTheAPIServerAtTheStart(status: Int, why: String) async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time) { $0.pollInterval = .zero }
            cluster.refuse(FakeCluster.secret, status)
            for _ in 0..<3 { cluster.interrupt("GET", FakeCluster.secret) { _ in time.value += 10 } }
            cluster.interrupt("GET", FakeCluster.secret) { $0.refuse(FakeCluster.secret, nil) }
            try await replica.certificates.prepare()
            #expect(cluster.record != nil, "\(why)")
            #expect(replica.said(.warning) == ["problem with reading the CA's Secret"], "logged once")

            cluster.refuse(FakeCluster.secret, status)
            cluster.interrupt("GET", FakeCluster.secret) { _ in time.value += 300 }
            await #expect { try await replica.certificates.prepare() } throws: { error in
                (error as? ServingCertificates.CertificateError)?.code == .kubernetes
            }
        }
    }

    @Test func aCorrectCABundleIsNotWritten() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        try await cluster.serve { client in
            let replica = Replica(client, time: time)
            try await replica.certificates.prepare()
            await replica.certificates.round()
            cluster.annotate("1")
            await replica.certificates.round()
            _ = cluster.takeWrites()
            // Two CAs in another order: another tool may merge them so.
            let record = try #require(cluster.record)
            let bundle = CABundle.encoded(record.bundle.reversed())
            let end = "/" + PathSegment.of(record.current)
            for (path, kind, webhook) in [
                (FakeCluster.mutating, "Mutating", "/mutate"), (FakeCluster.validating, "Validating", "/validate"),
            ] {
                cluster[path] = webhookConfiguration(
                    "\(kind)WebhookConfiguration",
                    bundles: [bundle, nil, bundle],
                    path: webhook + end
                )
            }
            for _ in 0..<20 {
                await replica.certificates.round()
            }
            #expect(cluster.takeWrites().isEmpty)
        }
    }

    @Test func itRunsUntilGracefulShutdown() async throws {
        let cluster = FakeCluster()
        let time = Box(start)
        let (patches, patched) = AsyncStream.makeStream(of: Void.self)
        try await cluster.serve { client in
            let replica = Replica(client, time: time) { $0.pollInterval = .milliseconds(1) }
            try await replica.certificates.prepare()
            cluster.interrupt("PATCH", FakeCluster.validating) { _ in patched.yield() }
            let logger = Logger.silent
            let group = ServiceGroup(configuration: .init(services: [replica.certificates], logger: logger))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                _ = await patches.first { _ in true }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(replica.said(.warning).isEmpty, "requests that shutdown cancels are not problems")
        }
    }
}
