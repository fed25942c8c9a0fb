import Basics
import JSON
import PodAdmission

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A configuration file in JSON.
enum JSONFile {
    private static let longest = 4 << 20

    /// Reads `file`.
    ///
    /// - Parameter convert: The command that makes JSON of the same in YAML; nil where there is no such form.
    static func read(_ file: String, convert: String?) throws(SettingsError) -> JSONValue {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) { bytes = try BoundedFile.bytes(of: file, limit: longest) } catch {
            throw SettingsError(subject: file, reason: error.description)
        }
        do throws(JSONError) { return try JSONParser.parse(bytes) } catch {
            let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard let convert, first != UInt8(ascii: "{"), first != UInt8(ascii: "[") else {
                throw SettingsError(subject: file, reason: error.description)
            }
            throw SettingsError(
                subject: file,
                reason: "not JSON; if it is YAML, `\(convert) \(file)` prints it as JSON, which the server reads"
            )
        }
    }
}

/// The process's environment.
enum ProcessEnvironment {
    /// Reads it once, before any thread could change it.
    static func read() -> [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let line = entry.pointee {
            let text = String(cString: line)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }
}
