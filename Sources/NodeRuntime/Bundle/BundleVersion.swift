import Foundation

/// What a bundle says about itself in its `version.json`.
public struct BundleVersion: Codable, Equatable, Sendable {
    /// The engine crun loads.
    public let engine: WasmEngine
    /// The engine's version.
    public let engineVersion: String
    /// crun's version.
    public let crun: String
    /// What was mended in crun, by name.
    public let patches: [String]
    /// The machine it runs on, as Go and OCI call it.
    public let architecture: String
    /// The engine's plugins that are with it.
    public let plugins: [String]

    /// The machine this program was built for.
    public static var machine: String {
        #if arch(arm64)
        "arm64"
        #elseif arch(x86_64)
        "amd64"
        #else
        "unknown"
        #endif
    }

    /// The versions for people.
    public var title: String {
        let mended = patches.isEmpty ? "" : " (" + patches.map { "+\($0)" }.joined(separator: ", ") + ")"
        let more = plugins.isEmpty ? "" : " (" + plugins.joined(separator: ", ") + ")"
        return "crun \(crun)\(mended), \(engine.title) \(engineVersion)\(more)"
    }
}
