import InMemoryLogging
import KubernetesAPI
import Logging
import MetricsTestKit
import X509

@testable import ServingCertificates

/// One replica of the webhook, with what it says.
struct Replica: Sendable {
    let certificates: CertificateManager
    let leads: Box<Bool>
    let logs = InMemoryLogHandler()
    let metrics = TestMetrics()

    init(
        _ client: KubernetesClient,
        leads: Bool = true,
        time: Box<Int>,
        configure: (inout CertificateManagerConfiguration) -> Void = { _ in }
    ) {
        var configuration = CertificateManagerConfiguration()
        configure(&configuration)
        let flag = Box(leads)
        let handler = logs
        self.leads = flag
        certificates = CertificateManager(
            configuration,
            client: client,
            isLeader: { flag.value },
            logger: Logger(label: "test") { _ in handler },
            metrics: CertificateMetrics(factory: metrics),
            now: { time.value }
        )
    }

    var leaf: IssuedCertificate {
        let pair = certificates.servingPair
        return IssuedCertificate(certificate: pair.certificate, key: pair.key)
    }

    /// What was said at `level` or above.
    func said(_ level: Logger.Level = .notice) -> [String] {
        logs.entries.filter { $0.level >= level }.map { "\($0.message)" }
    }

    /// Everything that was said, with its metadata.
    var transcript: String { logs.entries.map { "\($0.message) \($0.metadata)" }.joined(separator: "\n") }
}
