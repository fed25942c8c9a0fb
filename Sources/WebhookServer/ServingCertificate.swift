import JSON
import Logging
import Metrics
import NIOCertificateReloading
import NIOSSL
import Synchronization

/// The serving certificate: loaded once before anything listens, then again and again while the server runs.
struct ServingCertificate {
    /// What reads the certificate again; a service.
    let reloader: TimedCertificateReloader
    /// The configuration that always serves the newest certificate.
    let tls: TLSConfiguration

    /// Loads the certificate.
    ///
    /// A pair that does not load, or whose key does not fit, is refused here; later it is only logged and counted,
    /// and the pair before it stays.
    init(
        _ configuration: AdmissionServerConfiguration,
        readiness: Readiness,
        metrics: ServerMetrics,
        logger: Logger
    ) throws(ServerConfigurationError) {
        let (certificate, key) = Self.sources(configuration.certificate)
        let reporter = Reporter(readiness: readiness, metrics: metrics, logger: logger)
        let reloaderConfiguration = TimedCertificateReloader.Configuration(
            refreshInterval: configuration.reloadInterval,
            certificateSource: .init(location: certificate, format: .pem),
            privateKeySource: .init(location: key, format: .pem)
        ) {
            $0.onCertificateLoaded = { reporter.loaded($0) }
            $0.onCertificateLoadFailed = { reporter.failed($0) }
        }
        do {
            reloader = try .makeReloaderValidatingSources(configuration: reloaderConfiguration)
            var tls =
                if let clientCAFile = configuration.clientCAFile {
                    try TLSConfiguration.makeServerConfigurationWithMTLS(
                        certificateReloader: reloader,
                        trustRoots: .certificates(try Self.clientCAs(clientCAFile))
                    )
                } else {
                    try TLSConfiguration.makeServerConfiguration(certificateReloader: reloader)
                }
            // The library's own default is TLS 1.0.
            tls.minimumTLSVersion = .tlsv12
            // What the API server speaks to webhooks, and all that this server does.
            tls.applicationProtocols = ["http/1.1"]
            self.tls = tls
        } catch let error as ServerConfigurationError {
            throw error
        } catch {
            throw ServerConfigurationError(subject: Self.name(configuration.certificate), reason: Self.reason(error))
        }
    }

    private static func clientCAs(_ file: String) throws -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            if !certificates.isEmpty { return certificates }
        } catch {
            throw ServerConfigurationError(subject: file, reason: "no PEM certificates could be read: \(error)")
        }
        throw ServerConfigurationError(subject: file, reason: "holds no PEM certificate")
    }

    private static func sources(
        _ source: ServingCertificateSource
    ) -> (TimedCertificateReloader.Location, TimedCertificateReloader.Location) {
        switch source {
        case .files(let certificate, let key): (.file(path: certificate), .file(path: key))
        case .memory(let certificate, let key): (.memory { Array(certificate.utf8) }, .memory { Array(key.utf8) })
        case .provided(let pair): ProvidedPair(pair).locations
        }
    }

    /// The error in words, without the place in the library's source that some end with.
    fileprivate static func reason(_ error: any Error) -> String {
        let words = "\(error)".plainText(limit: 300).split(separator: " ")
        return words.filter { !$0.contains(".swift:") }.joined(separator: " ")
    }

    private static func name(_ source: ServingCertificateSource) -> String {
        switch source {
        case .files(let certificate, let key): "\(certificate), \(key)"
        case .memory, .provided: "serving certificate"
        }
    }
}

/// Hands a pair to a reloader that asks for its halves one after the other: the key is always that of the certificate.
private final class ProvidedPair: Sendable {
    private let provide: @Sendable () -> (certificate: String, key: String)
    private let key = Mutex("")

    init(_ provide: @escaping @Sendable () -> (certificate: String, key: String)) {
        self.provide = provide
    }

    var locations: (TimedCertificateReloader.Location, TimedCertificateReloader.Location) {
        (
            .memory {
                let pair = self.provide()
                self.key.withLock { $0 = pair.key }
                return Array(pair.certificate.utf8)
            },
            .memory { Array(self.key.withLock { $0 }.utf8) }
        )
    }
}

/// Says what became of each attempt to load the certificate; the library itself would only whisper it.
private final class Reporter: Sendable {
    private let readiness: Readiness
    private let metrics: ServerMetrics
    private let logger: Logger
    private let lastFailure = Mutex<String?>(nil)

    init(readiness: Readiness, metrics: ServerMetrics, logger: Logger) {
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
    }

    func loaded(_ diff: TimedCertificateReloader.CertificateChainAndKeyPairReloadDiff) {
        lastFailure.withLock { $0 = nil }
        guard diff.currentCertificateChain != diff.previousCertificateChain else { return }
        guard case .certificate(let leaf)? = diff.currentCertificateChain.first else { return }
        readiness.loadedCertificate(expiry: leaf.notValidAfter)
        metrics.certificateExpiry.record(leaf.notValidAfter)
        let isFirst = diff.previousCertificateChain == nil
        logger.info(
            isFirst ? "serving certificate loaded" : "serving certificate replaced",
            metadata: ["expires": .stringConvertible(leaf.notValidAfter)]
        )
    }

    func failed(_ failure: TimedCertificateReloader.CertificateChainAndKeyPairReloadFailure) {
        metrics.certificateReloadFailures.increment()
        let reason = ServingCertificate.reason(failure.error)
        // The files are read every few seconds; one line for each state of theirs is enough.
        let isNew = lastFailure.withLock { last in
            defer { last = reason }
            return last != reason
        }
        if isNew { logger.error("serving certificate not loaded", metadata: ["reason": .string(reason)]) }
    }
}
