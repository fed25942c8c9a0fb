import Basics
import FoundationEssentials
import JSON
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A program that prints a credential (client.authentication.k8s.io).
struct PluginCommand: Sendable {
    /// The supported versions of the protocol, which differ only in their names.
    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
    /// The longest output that is read, in bytes; every credential is shorter.
    private static let largestOutput = 1 << 20

    let version: String
    /// A path, or a name to search in PATH.
    let command: String
    let arguments: [String]
    /// The program's whole environment.
    let environment: [String: String]
    /// The kubeconfig's hint for people who have to install the program.
    let hint: String?
    /// The time after which the program and its children are killed.
    var timeout: Duration = .seconds(30)

    /// Runs the program to its end and reads its output.
    ///
    /// The program shares this process's standard error, because it prints its instructions there. Errors contain
    /// nothing of its output.
    /// - Returns: The credential.
    /// - Throws: ``KubernetesAPIError`` with `unauthenticated`.
    func run() async throws(KubernetesAPIError) -> PluginCredential {
        let output: [UInt8]
        do { output = try await boundedOutput() } catch {
            if let error = error as? KubernetesAPIError { throw error }
            let words = (error as? SubprocessError)?.code == .executableNotFound ? hint : nil
            throw failure("cannot be run" + (words.map { ": \($0)" } ?? ""))
        }
        return try PluginCredential(output: output, version: version) { reason in failure(reason) }
    }

    private func boundedOutput() async throws -> [UInt8] {
        let result = await TimeSource.system.withTimeout(timeout) { () -> Result<[UInt8], any Error> in
            do { return .success(try await output()) } catch { return .failure(error) }
        }
        guard let result else { throw failure("did not end in \(timeout)") }
        return try result.get()
    }

    private func output() async throws -> [UInt8] {
        var options = PlatformOptions()
        // A process group of its own, so that the timeout ends the program's children too.
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        let variables = environment.map { (Environment.Key(rawValue: $0.key), $0.value) }
        let result = try await Subprocess.run(
            command.contains("/") ? .path(FilePath(command)) : .name(command),
            arguments: Arguments(arguments),
            environment: .custom(
                Dictionary(variables.compactMap { key, value in key.map { ($0, value) } }) { first, _ in first }
            ),
            platformOptions: options,
            output: .bytes(limit: Self.largestOutput),
            error: .currentStandardError
        )
        guard result.terminationStatus.isSuccess else {
            throw failure("ended with \(result.terminationStatus)")
        }
        return result.standardOutput
    }

    private func failure(_ reason: String) -> KubernetesAPIError {
        KubernetesAPIError(.unauthenticated, "the credential plugin \(command) \(reason)")
    }
}

/// The output of a credential plugin (client.authentication.k8s.io/v1, ExecCredentialStatus).
struct PluginCredential: Sendable {
    /// The bearer token.
    let token: String?
    /// The client certificate.
    let certificate: ClientCertificate?
    /// The end of its validity in microseconds since the beginning of 1970; nil if the plugin does not set it.
    let expiry: Int?

    /// Reads the plugin's output.
    ///
    /// - Parameters:
    ///   - output: The bytes that the plugin printed.
    ///   - version: The version of the protocol that the output has to have.
    ///   - failure: Makes an error from a reason.
    /// - Throws: The error that `failure` makes.
    init(
        output: [UInt8],
        version: String,
        failure: (String) -> KubernetesAPIError
    ) throws(KubernetesAPIError) {
        guard let document = try? JSONParser.parse(output), document["kind"]?.string == "ExecCredential",
            document["apiVersion"]?.string == version
        else { throw failure("did not print an ExecCredential of \(version)") }
        let status = document["status"]
        token = status?["token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        switch (status?["clientCertificateData"]?.string, status?["clientKeyData"]?.string) {
        case (nil, nil): certificate = nil
        case (let chain?, let key?):
            certificate = ClientCertificate(certificate: Array(chain.utf8), key: Array(key.utf8))
            guard certificate != nil else { throw failure("printed a certificate or a key that is not in PEM format") }
        default: throw failure("printed a certificate or a key without the other")
        }
        guard token != nil || certificate != nil else { throw failure("printed neither a token nor a certificate") }
        switch status?["expirationTimestamp"] {
        case nil, .null?: expiry = nil
        case .string(let text)?:
            guard let date = Self.date(text) else { throw failure("printed an invalid expirationTimestamp") }
            expiry = Int(date.timeIntervalSince1970 * 1_000_000)
        default: throw failure("printed an invalid expirationTimestamp")
        }
    }

    /// The time that an RFC 3339 text stands for, with or without fractions of a second.
    private static func date(_ text: String) -> Date? {
        [false, true].lazy.compactMap { hasFraction in
            try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction))
        }.first
    }
}
