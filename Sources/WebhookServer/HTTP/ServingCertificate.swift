import JSON
import Logging
import Metrics
import NIOCertificateReloading
import NIOSSL
import Synchronization

/// The serving certificate, loaded before the server listens and then at intervals while it runs.
struct ServingCertificate {
    /// The service that reads the certificate again.
    let reloader: TimedCertificateReloader
    /// The TLS configuration, which always uses the certificate loaded last.
    let tls: TLSConfiguration

    /// Loads the certificate.
    ///
    /// While the server runs, a pair that cannot be loaded is logged and counted, and the pair loaded before stays.
    ///
    /// - Parameters:
    ///   - configuration: The source, the interval and the CAs of clients.
    ///   - readiness: Gets the expiry of every certificate that is loaded.
    ///   - metrics: Gets the expiry, and counts the failures.
    ///   - logger: Gets one line for every new certificate and every new failure.
    /// - Throws: ``SettingsError`` if the certificate, the key or the CAs of clients cannot be read, or if the key belongs
    ///   to another certificate.
    init(
        _ configuration: AdmissionServerConfiguration,
        readiness: Readiness,
        metrics: ServerMetrics,
        logger: Logger
    ) throws(SettingsError) {
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
            // The API server calls webhooks with HTTP/1.1, and this server has no other protocol.
            tls.applicationProtocols = ["http/1.1"]
            self.tls = tls
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError(subject: Self.name(configuration.certificate), reason: Self.reason(error))
        }
    }

    private static func clientCAs(_ file: String) throws -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            if !certificates.isEmpty { return certificates }
        } catch {
            throw SettingsError(subject: file, reason: "cannot be read as PEM certificates: \(error)")
        }
        throw SettingsError(subject: file, reason: "contains no PEM certificate")
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

    /// The error as text, without the location in the library's source at its end.
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

/// Passes a pair to the reloader, which asks first for the certificate and then for the key; both are of the same pair.
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

/// Reports each attempt to load the certificate, because the library itself reports failures at `debug` only.
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
        // The files are read every few seconds, so the same failure is logged once.
        let isNew = lastFailure.withLock { last in
            defer { last = reason }
            return last != reason
        }
        if isNew { logger.error("serving certificate not loaded", metadata: ["reason": .string(reason)]) }
    }
}
