import JSON
import PodAdmission
import WebhookServer

/// An image to look up, and the secrets of those who run it.
struct WarmingEntry: Sendable, Hashable {
    var secrets: PullSecretsQuery
    var image: String

    /// The reference that the validating webhook will be asked about instead, where the mutating one pins the image.
    func pinned(by answer: ImageAnswer) -> WarmingEntry? {
        let pod = Pod(spec: PodSpec(containers: [Container(name: "warmed", image: image)]))
        let context = AdmissionContext(stage: .mutating)
        let decision = decide(pod, context: context, images: [image: answer], policy: WasmPolicy())
        guard let pinned = decision.patch.first(where: { $0.path.last == "image" })?.value.string else { return nil }
        return WarmingEntry(secrets: secrets, image: pinned)
    }
}
