import PodAdmission
import WebhookServer

/// The images to look up, each once for the credentials it is pulled with.
struct WarmingList: Sendable {
    /// An image, and the secrets of those who run it.
    struct Entry: Sendable, Hashable {
        var secrets: PullSecretsQuery
        var image: String
    }

    /// How many entries there may be.
    static let limit = 2000

    /// The entries, in the order they were found, so that those of one namespace mostly stand together.
    private(set) var entries: [Entry] = []
    private var seen: Set<Entry> = []
    private let limit: Int

    init(limit: Int = WarmingList.limit) {
        self.limit = limit
    }

    /// Whether no more is taken.
    var isFull: Bool { entries.count >= limit }

    /// Takes the images that a Pod of `workload` would ask for under the built-in policy.
    mutating func add(_ workload: Workload) {
        let pod = workload.pod
        let names = pod.spec.imagePullSecrets
        let secrets = PullSecretsQuery(
            namespace: pod.metadata.namespace ?? "default",
            imagePullSecrets: names,
            serviceAccountName: names.isEmpty ? pod.spec.serviceAccountName ?? "default" : nil
        )
        for image in Rehearsal.imagesToInspect(in: workload, policy: WasmPolicy()) where !isFull {
            let entry = Entry(secrets: secrets, image: image)
            if seen.insert(entry).inserted { entries.append(entry) }
        }
    }

    /// The reference that the validating webhook will be asked about instead, where the mutating one pins `image`.
    static func pinned(_ image: String, answer: ImageAnswer) -> String? {
        let pod = Pod(spec: PodSpec(containers: [Container(name: "warmed", image: image)]))
        let context = AdmissionContext(stage: .mutating)
        let decision = decide(pod, context: context, images: [image: answer], policy: WasmPolicy())
        return decision.patch.first { $0.path.last == "image" }?.value.string
    }
}
