import JSON
import PodAdmission

/// An image's config, as far as it tells what runs (OCI image-spec, config.md; Docker's is the same here).
struct OCIImageConfig: Sendable {
    var platform: Platform?
    var entrypoint: [String]
    var cmd: [String]
    var workingDirectory: String

    /// Reads a config that a registry sent.
    static func parse(_ bytes: [UInt8], host: String) throws(RegistryFailure) -> OCIImageConfig {
        guard let value = try? JSONParser.parse(bytes, limits: OCIDocument.limits) else {
            throw RegistryFailure(.badResponse, "\(host): answered with no image config")
        }
        do throws(FieldError) { return try OCIImageConfig(reading: value) } catch {
            throw RegistryFailure(.badResponse, "\(host): not a valid image config: \(error.reason)")
        }
    }

    private init(reading value: JSONValue) throws(FieldError) {
        let object = try value.asObject()
        platform = Platform.short(
            os: try object.optionalString("os") ?? "",
            architecture: try object.optionalString("architecture") ?? ""
        )
        let config = try object.optionalObject("config") ?? JSONObject()
        entrypoint = Self.bounded(try config.strings("Entrypoint"))
        cmd = Self.bounded(try config.strings("Cmd"))
        workingDirectory = try config.optionalString("WorkingDir").flatMap { $0.utf8.count <= 4096 ? $0 : nil } ?? ""
        if workingDirectory == "/" { workingDirectory = "" }
    }

    /// The program whole, and as many of its arguments as fit in 1 KiB: they are for people to see, and thousands of
    /// images are kept.
    ///
    /// No path on Linux has more than 4,096 bytes.
    private static func bounded(_ words: [String]) -> [String] {
        guard let program = words.first, program.utf8.count <= 4096 else { return [] }
        var kept = [program]
        var room = 1024
        for word in words.dropFirst() {
            room -= word.utf8.count + 16
            guard room >= 0 else { break }
            kept.append(word)
        }
        return kept
    }
}
