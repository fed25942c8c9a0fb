import Basics
import JSON
import WebhookServer

/// A configuration file in JSON that was read but not yet decoded.
struct JSONFile {
    /// The file's path, for messages.
    let path: String
    /// The document in it.
    let value: JSONValue

    private static let sizeLimit = 4 << 20

    /// Reads the file at `path`, at most 4 MiB.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - converter: The command that prints such a file as JSON if it is YAML; nil if there is no YAML form.
    /// - Throws: ``SettingsError`` if the file cannot be read, is larger, or does not hold JSON.
    init(_ path: String, converter: String?) throws(SettingsError) {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) { bytes = try BoundedFile.bytes(of: path, limit: Self.sizeLimit) } catch {
            throw SettingsError(subject: path, reason: error.description)
        }
        self.path = path
        do throws(JSONError) { value = try JSONParser.parse(bytes) } catch {
            let first = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard let converter, first != UInt8(ascii: "{"), first != UInt8(ascii: "[") else {
                throw SettingsError(subject: path, reason: error.description)
            }
            throw SettingsError(
                subject: path,
                reason: "not JSON; if it is YAML, `\(converter) \(path)` prints it as JSON, which the server reads"
            )
        }
    }

    /// Decodes the document.
    ///
    /// - Throws: ``SettingsError`` with the file and field that `read` does not accept.
    func decode<Value>(_ read: (JSONValue) throws(FieldError) -> Value) throws(SettingsError) -> Value {
        do throws(FieldError) { return try read(value) } catch {
            throw SettingsError(subject: path, reason: error.description)
        }
    }
}
