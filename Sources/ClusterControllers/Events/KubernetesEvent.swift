import Basics
import JSON
import PodAdmission

/// A message about one object, which is written as an Event of the core group (k8s.io/api, core/v1, types.go).
///
/// Two equal values are the same message about the same object.
struct KubernetesEvent: Sendable, Hashable {
    /// The object that an Event is about, its `involvedObject`.
    struct Subject: Sendable, Hashable {
        var apiVersion: String
        var kind: String
        /// Empty for a cluster-scoped object.
        var namespace = ""
        var name: String
        var uid: String
    }

    /// The `type` of an Event.
    enum Severity: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// The `reason` of an Event, which programs match on.
    enum Reason: String, Sendable {
        /// Pods were changed so that they run under a runtime class for Wasm.
        case podRouted = "PodRouted"
        /// Pods were refused.
        case podRefused = "PodRefused"
        /// A version of a policy does not validate.
        case invalidPolicy = "InvalidPolicy"
    }

    let subject: Subject
    let reason: Reason
    let severity: Severity
    /// At most 1024 bytes, the limit of events.k8s.io for the same field (core/validation, events.go).
    let message: String

    init(_ reason: Reason, severity: Severity, of subject: Subject, message: String) {
        self.reason = reason
        self.severity = severity
        self.subject = subject
        self.message = message.plainText(byteLimit: 1024, keepsLineBreaks: true)
    }

    /// Creates the Event that tells the owner of a Pod about a decision; nil if there is no owner or nothing to report.
    ///
    /// A client that creates a bare Pod, or changes a Pod, gets the warnings and the refusal itself. The other Pods are
    /// created by controllers, which do not read warnings.
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
            self.init(.podRouted, severity: .normal, of: subject, message: Self.routingMessage(decision))
        case .validating:
            guard let message = decision.denialMessage else { return nil }
            self.init(.podRefused, severity: .warning, of: subject, message: Self.firstLines(of: message))
        default: return nil
        }
    }

    /// Which containers are Wasm, and the runtime class that they run under.
    private static func routingMessage(_ decision: Decision) -> String {
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

    /// The leading whole lines that fit into 1024 bytes; the first line even if it alone is longer, to be cut later.
    private static func firstLines(of message: String) -> String {
        var text = ""
        for line in message.split(separator: "\n") {
            guard text.isEmpty || text.utf8.count + 1 + line.utf8.count <= 1024 else { break }
            text += text.isEmpty ? line : "\n" + line
        }
        return text
    }

    /// The namespace of the Event; `default` for a cluster-scoped object (core/validation, events.go).
    var namespace: String { subject.namespace.isEmpty ? "default" : subject.namespace }

    /// Returns a name with a random suffix, so that no other Event has it.
    func newName() -> String { name(suffix: UInt64.random(in: 1 << 60...(.max))) }

    /// The Event's name: the subject's name and `suffix` in hexadecimal, as in client-go (tools/record, event.go).
    func name(suffix: UInt64) -> String {
        let hex = "." + String(suffix, radix: 16)
        // A name has at most 253 characters, and its parts end with a letter or a digit.
        var name = subject.name.prefix(253 - hex.count)
        while name.last == "-" || name.last == "." { name.removeLast() }
        return name + hex
    }

    /// The object to create for an Event that was seen once.
    ///
    /// - Parameters:
    ///   - name: The Event's name.
    ///   - unixTime: When it was seen, in seconds since the beginning of 1970.
    ///   - instance: The replica that saw it.
    /// - Returns: An Event with a count of 1.
    func object(named name: String, at unixTime: Int, instance: String) -> JSONValue {
        let time = JSONValue.string(Timestamp(seconds: unixTime).text(.seconds))
        var involved: JSONValue = [
            "apiVersion": .string(subject.apiVersion), "kind": .string(subject.kind), "name": .string(subject.name),
            "uid": .string(subject.uid),
        ]
        if !subject.namespace.isEmpty, var object = involved.object {
            object["namespace"] = .string(subject.namespace)
            involved = .object(object)
        }
        return [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "involvedObject": involved,
            "reason": .string(reason.rawValue), "type": .string(severity.rawValue), "message": .string(message),
            "source": ["component": .string(Self.component)],
            "reportingComponent": .string(Self.component), "reportingInstance": .string(instance),
            "firstTimestamp": time, "lastTimestamp": time, "count": 1,
        ]
    }

    /// The `reportingComponent` of all Events.
    private static let component = "polypod-webhook"
}

extension OwnerReference {
    /// Whether an object with these fields can exist.
    ///
    /// The API server calls the mutating webhook before it validates the Pod's fields, so each field may be as long as
    /// a request, and the ``EventCorrelator`` keeps owners in memory. The limits: a name is a DNS subdomain, as is a
    /// group (its version is a DNS label); a kind is a DNS label (apiextensions, validation.go); a uid is in practice a
    /// UUID.
    fileprivate var canExist: Bool {
        (1...253).contains(name.utf8.count) && (1...128).contains(uid.utf8.count) && kind.utf8.count <= 63
            && apiVersion.utf8.count <= 253 + 1 + 63
    }
}
