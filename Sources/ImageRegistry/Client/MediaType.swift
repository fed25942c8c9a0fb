import PodAdmission

/// The media types of manifests, configs and layers (OCI image-spec, Docker schema 2, and the Wasm artifact formats).
enum MediaType {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let dockerConfig = "application/vnd.docker.container.image.v1+json"

    /// The `Accept` header for manifests: the types that ``OCIDocument`` can read.
    static let accepted = [index, manifest, dockerList, dockerManifest].joined(separator: ", ")

    static func isIndex(_ type: String) -> Bool { type == index || type == dockerList }
    static func isManifest(_ type: String) -> Bool { type == manifest || type == dockerManifest }

    /// Whether a config of this type belongs to an image with a root file system; a manifest can omit the type.
    static func isImageConfig(_ type: String?) -> Bool { type == nil || type == config || type == dockerConfig }

    /// The kind of Wasm artifact that a manifest describes.
    ///
    /// - Parameters:
    ///   - config: The media type of the config, and the `artifactType` of the manifest if it has one.
    ///   - layers: The media types of the layers.
    /// - Returns: The kind; nil for an image, and for an artifact without Wasm.
    static func artifact(config: [String], layers: [String]) -> UnrunnableImage? {
        func has(_ types: [String], _ prefix: String) -> Bool { types.contains { $0.hasPrefix(prefix) } }
        // The OCI image spec of solo-io for Envoy plugins.
        if has(config, "application/vnd.module.wasm.config.") { return .envoyPlugin }
        if has(config, "application/vnd.fermyon.spin.") { return .spin }
        // The CNCF artifact format (wkg, oci-wasm), and its predecessor wasm-to-oci.
        if has(config, "application/vnd.wasm.config.") { return .artifact }
        // Spin artifacts can have the config type of an image; the layer types identify them.
        if has(layers, "application/vnd.wasm.content.") { return .spin }
        // The format of runwasi before the CNCF format, and wasmCloud.
        let isWasmLayer =
            layers.contains("application/wasm") || has(layers, "application/vnd.bytecodealliance.wasm.")
            || has(layers, "application/vnd.module.wasm.content.") || has(config, "application/vnd.wasmcloud.")
        return isWasmLayer ? .artifact : nil
    }
}
