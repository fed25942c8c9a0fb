import PodAdmission

/// The media types that tell what a manifest is (OCI image-spec, Docker's schema 2, and the Wasm artifact formats).
enum MediaType {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let dockerConfig = "application/vnd.docker.container.image.v1+json"

    /// What is asked for; anything else is not understood here.
    static let accepted = [index, manifest, dockerList, dockerManifest].joined(separator: ", ")

    static func isIndex(_ type: String) -> Bool { type == index || type == dockerList }
    static func isManifest(_ type: String) -> Bool { type == manifest || type == dockerManifest }

    /// Whether a config of this type is that of an image with a root file system; a manifest need not name it.
    static func isImageConfig(_ type: String?) -> Bool { type == nil || type == config || type == dockerConfig }

    /// What kind of Wasm artifact a manifest is; nil for an image, and for artifacts that have nothing to do with Wasm.
    ///
    /// - Parameters:
    ///   - config: The media type of the config, and the `artifactType` of the manifest where it has one.
    ///   - layers: The media types of the layers.
    static func artifact(config: [String], layers: [String]) -> UnrunnableImage? {
        func has(_ types: [String], _ prefix: String) -> Bool { types.contains { $0.hasPrefix(prefix) } }
        // solo-io's OCI image spec for Envoy plugins.
        if has(config, "application/vnd.module.wasm.config.") { return .envoyPlugin }
        if has(config, "application/vnd.fermyon.spin.") { return .spin }
        // The CNCF artifact (wkg, oci-wasm) and wasm-to-oci before it.
        if has(config, "application/vnd.wasm.config.") { return .artifact }
        // Spin keeps an ordinary image config, its layers tell.
        if has(layers, "application/vnd.wasm.content.") { return .spin }
        // runwasi before the CNCF format; wasmCloud.
        let isWasmLayer =
            layers.contains("application/wasm") || has(layers, "application/vnd.bytecodealliance.wasm.")
            || has(layers, "application/vnd.module.wasm.content.") || has(config, "application/vnd.wasmcloud.")
        return isWasmLayer ? .artifact : nil
    }
}
