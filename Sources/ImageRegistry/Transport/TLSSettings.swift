import NIOSSL

/// The TLS settings of every host, read from their files once at start.
struct TLSSettings: Sendable {
    /// The settings of hosts without their own settings.
    let standard: TLSConfiguration
    private let own: [String: TLSConfiguration]
    private let registries: RegistriesConfiguration

    /// Reads the files that the `tls` settings under `configs` name.
    ///
    /// - Throws: ``SetupError`` with `bad-file` for a file that cannot be read or does not contain PEM.
    init(registries: RegistriesConfiguration) throws(SetupError) {
        self.registries = registries
        var standard = TLSConfiguration.makeClientConfiguration()
        // The default of the library is TLS 1.0.
        standard.minimumTLSVersion = .tlsv12
        self.standard = standard
        var own: [String: TLSConfiguration] = [:]
        for (key, files) in registries.tlsFiles {
            own[key] = try Self.configuration(files, standard: standard)
        }
        self.own = own
    }

    /// The settings of `origin`; nil if it has no settings of its own.
    func configuration(for origin: Origin) -> TLSConfiguration? {
        registries.hostKey(origin).flatMap { own[$0] }
    }

    private static func configuration(
        _ files: TLSFiles,
        standard: TLSConfiguration
    ) throws(SetupError) -> TLSConfiguration {
        var configuration = standard
        if let file = files.caFile {
            configuration.additionalTrustRoots.append(.certificates(try certificates(file)))
        }
        if let file = files.certificateFile, let keyFile = files.keyFile {
            configuration.certificateChain = try certificates(file).map { .certificate($0) }
            do { configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)) } catch {
                throw SetupError(.badFile, "\(keyFile): no private key in PEM form")
            }
        }
        if files.skipsVerification { configuration.certificateVerification = .none }
        return configuration
    }

    private static func certificates(_ file: String) throws(SetupError) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do { found = try NIOSSLCertificate.fromPEMFile(file) } catch {
            throw SetupError(.badFile, "\(file): no certificates in PEM form")
        }
        guard !found.isEmpty else { throw SetupError(.badFile, "\(file): contains no certificate") }
        return found
    }
}
