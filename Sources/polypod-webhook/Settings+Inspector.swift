import ImageRegistry
import JSON
import Logging
import PodAdmission
import ServiceLifecycle

extension Settings {
    /// The image look-up as the files and the environment have it.
    func inspector(logger: Logger) throws(SettingsError) -> ImageInspector {
        var configuration = InspectorConfiguration()
        configuration.environment = environment
        configuration.tagLifetime = tagLifetime
        configuration.realmHosts = tokenHosts
        configuration.cloud = clouds
        configuration.usesMetadataServer = usesMetadataServer
        configuration.logger = logger
        configuration.registries =
            try Self.parse(registries) { value throws(FieldError) in
                try RegistriesConfiguration(value)
            } ?? configuration.registries
        configuration.credentials =
            try Self.parse(dockerConfig) { value throws(FieldError) in
                try DockerConfiguration(value)
            } ?? configuration.credentials
        do throws(SetupError) { return try ImageInspector(configuration) } catch {
            throw SettingsError(subject: registries?.file ?? "registries", reason: error.description)
        }
    }

    private static func parse<Value>(
        _ document: Document?,
        _ read: (JSONValue) throws(FieldError) -> Value
    ) throws(SettingsError) -> Value? {
        guard let document else { return nil }
        do throws(FieldError) { return try read(document.value) } catch {
            throw SettingsError(subject: document.file, reason: error.description)
        }
    }
}

/// Runs the image look-up for as long as the webhooks answer.
struct InspectorService: Service {
    let inspector: ImageInspector

    func run() async throws {
        await withGracefulShutdownHandler {
            await inspector.run()
        } onGracefulShutdown: {
            inspector.stop()
        }
    }
}
