import Basics
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// A program that hands out credentials (client.authentication.k8s.io).
struct PluginCommand: Sendable {
    /// The versions of the protocol that are known; they differ in names alone.
    static let versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
    /// More than any credential.
    static let largestOutput = 1 << 20

    let version: String
    /// A path, or a name to look for in the PATH.
    let command: String
    let arguments: [String]
    /// All of its environment.
    let environment: [String: String]
    /// What to tell where the program is not there.
    let hint: String?
    /// How long it may run.
    var timeout: Duration = .seconds(30)

    /// Runs the program to its end and reads what it printed.
    ///
    /// Its standard error is this program's, since that is where it says what it needs; nothing of its output is in errors.
    func run() async throws(KubernetesAPIError) -> PluginCredential {
        let output: [UInt8]
        do { output = try await bounded() } catch {
            let words = (error as? SubprocessError)?.code == .executableNotFound ? hint : nil
            throw failure("cannot be run" + (words.map { ": \($0)" } ?? ""))
        }
        return try PluginCredential(output: output, version: version) { reason in failure(reason) }
    }

    private func bounded() async throws -> [UInt8] {
        let result = await TimeSource.system.withTimeout(timeout) { () -> Result<[UInt8], any Error> in
            do { return .success(try await printed()) } catch { return .failure(error) }
        }
        guard let result else { throw failure("did not end in \(timeout)") }
        return try result.get()
    }

    private func printed() async throws -> [UInt8] {
        var options = PlatformOptions()
        // A group of its own, so that the end of its time is its children's too.
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
