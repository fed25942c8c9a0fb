/// Decides on one Pod: what is written, what is refused and what is said.
///
/// - Parameters:
///   - pod: The Pod as the request holds it.
///   - context: The request's circumstances.
///   - images: What is known of the Pod's images, by reference as written; those of ``imagesToInspect(in:context:policy:)``.
///   - policy: The policy for this Pod.
/// - Returns: The decision; the same for the same arguments, whatever the time.
public func decide(
    _ pod: Pod,
    context: AdmissionContext,
    images: [String: ImageAnswer],
    policy: WasmPolicy
) -> Decision {
    Decision()
}

/// The references, as written, that have to be looked up before ``decide(_:context:images:policy:)`` can answer.
public func imagesToInspect(in pod: Pod, context: AdmissionContext, policy: WasmPolicy) -> [String] {
    []
}
