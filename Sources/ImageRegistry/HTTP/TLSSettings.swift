import NIOSSL

/// The TLS settings of every host, read from their files once.
struct TLSSettings: Sendable {
    /// For hosts without settings of their own.
    let standard: TLSConfiguration
    private let own: [String: TLSConfiguration]
    private let registries: RegistriesConfiguration

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - registries: What `configs` says of single hosts.
    ///   - caFile: A PEM bundle that is trusted beside the system's roots, by every host.
    init(registries: RegistriesConfiguration, caFile: String?) throws(SetupError) {
        self.registries = registries
        var standard = TLSConfiguration.makeClientConfiguration()
        // The library's own default is TLS 1.0.
        standard.minimumTLSVersion = .tlsv12
        if let caFile { standard.additionalTrustRoots = [.certificates(try Self.certificates(caFile))] }
        self.standard = standard
        var own: [String: TLSConfiguration] = [:]
        for (key, host) in registries.hosts where host.tls != TLSFiles() {
            own[key] = try Self.configuration(host.tls, standard: standard)
        }
        self.own = own
    }

    /// The settings of `origin`; nil where they are the standard ones.
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
                throw SetupError(.badFile, "\(keyFile): not a private key in PEM form")
            }
        }
        if files.skipsVerification { configuration.certificateVerification = .none }
        return configuration
    }

    private static func certificates(_ file: String) throws(SetupError) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do { found = try NIOSSLCertificate.fromPEMFile(file) } catch {
            throw SetupError(.badFile, "\(file): not certificates in PEM form")
        }
        guard !found.isEmpty else { throw SetupError(.badFile, "\(file): holds no certificate") }
        return found
    }
}
