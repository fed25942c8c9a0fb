public import PodAdmission

/// The image look-up, as those who decide about Pods see it.
public protocol ImageInspecting: Sendable {
    /// Answers for `images`, keyed by the reference as given; returns no later than `deadline`, whatever the registries do.
    func answers(for images: [String], deadline: ContinuousClock.Instant) async -> [String: ImageAnswer]
}
