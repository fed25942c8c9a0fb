import JSON
import PodAdmission

extension KubernetesEvent {
    /// What the owner of a Pod is told of a decision; nil where there is nothing to tell, or nobody.
    ///
    /// The one who makes a bare Pod, or changes any, sees the warnings and the refusal; the controller that makes the
    /// others has no eyes.
    init?(_ admission: DecidedAdmission) {
        guard admission.kind == "Pod", admission.operation == .create, !admission.isDryRun,
            !admission.namespace.isEmpty, let owner = admission.metadata.controller, owner.canExist
        else { return nil }
        let subject = Subject(
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            namespace: admission.namespace,
            name: owner.name,
            uid: owner.uid
        )
        let decision = admission.decision
        switch admission.stage {
        case .mutating where !decision.patch.isEmpty:
            self.init(.podRouted, severity: .normal, of: subject, message: Self.routing(decision))
        case .validating:
            guard let message = decision.denialMessage else { return nil }
            self.init(.podRefused, severity: .warning, of: subject, message: Self.firstLines(of: message))
        default: return nil
        }
    }

    /// Which containers are Wasm, and under which class they run.
    private static func routing(_ decision: Decision) -> String {
        let wasm = decision.containers.filter { $0.containerClass == .wasm }.map { "\"\($0.container.name)\"" }
        let subject =
            switch wasm.count {
            case 0: "no container is Wasm"
            case 1: "container \(wasm[0]) is Wasm"
            default: "containers \(wasm.joined(separator: ", ")) are Wasm"
            }
        let given = decision.patch.first { $0.path == ["spec", "runtimeClassName"] }?.value.string
        let place = given.map { "the Pods run under the runtime class \($0)" } ?? "the Pods keep their runtime class"
        return "\(subject): \(place)"
    }

    /// As many whole lines as an Event has room for; a line that is too long alone is cut later.
    private static func firstLines(of message: String) -> String {
        var text = ""
        for line in message.split(separator: "\n") {
            guard text.isEmpty || text.utf8.count + 1 + line.utf8.count <= 1024 else { break }
            text += text.isEmpty ? line : "\n" + line
        }
        return text
    }
}

extension OwnerReference {
    /// Whether there can be such an object.
    ///
    /// The mutating webhook is asked before the API server has looked at the fields, so that each may be as long as a
    /// request; what is said of an owner is kept in memory. A name is a DNS subdomain at most, as is a group (and its
    /// version a DNS label); a kind is a DNS label (apiextensions, validation.go), a uid in practice a UUID.
    fileprivate var canExist: Bool {
        (1...253).contains(name.utf8.count) && (1...128).contains(uid.utf8.count) && kind.utf8.count <= 63
            && apiVersion.utf8.count <= 253 + 1 + 63
    }
}
