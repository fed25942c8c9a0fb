import ImageRegistry
import Logging
import PodAdmission
import ServiceLifecycle

extension Settings {
    /// The image look-up, and what has to run for it.
    func inspector(logger: Logger) throws -> (inspector: any ImageInspecting, services: [any Service]) {
        (NobodyAnswers(), [])
    }
}

/// Stands in until there is a registry client.
private struct NobodyAnswers: ImageInspecting {
    func answers(for images: [String], deadline: ContinuousClock.Instant) async -> [String: ImageAnswer] { [:] }
}
