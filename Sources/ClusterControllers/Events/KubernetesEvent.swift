import Basics
import JSON
import PodAdmission

/// What is said of an object, as an Event of the core group holds it (k8s.io/api, core/v1, types.go).
///
/// Two that are equal say the same of the same object.
struct KubernetesEvent: Sendable, Hashable {
    /// The object that an Event is about.
    struct Subject: Sendable, Hashable {
        var apiVersion: String
        var kind: String
        /// Empty for an object of the whole cluster.
        var namespace = ""
        var name: String
        var uid: String
    }

    /// How it is meant.
    enum Severity: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    /// A word for machines.
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
    let message: String

    init(_ reason: Reason, severity: Severity, of subject: Subject, message: String) {
        self.reason = reason
        self.severity = severity
        self.subject = subject
        self.message = message.plainText(byteLimit: 1024, keepsLineBreaks: true)
    }

    /// Where the Event is kept: Events of objects without a namespace are in `default` (core/validation, events.go).
    var namespace: String { subject.namespace.isEmpty ? "default" : subject.namespace }

    /// A name that no other Event has.
    func newName() -> String { name(suffix: UInt64.random(in: 1 << 60...(.max))) }

    /// A name for the Event: the subject's with `suffix`, as client-go makes it (tools/record, event.go).
    func name(suffix: UInt64) -> String {
        let hex = "." + String(suffix, radix: 16)
        // A name has at most 253 characters, and its parts end with a letter or a digit.
        var name = subject.name.prefix(253 - hex.count)
        while name.last == "-" || name.last == "." { name.removeLast() }
        return name + hex
    }

    /// The object for the API server, of an Event that was seen once.
    ///
    /// - Parameters:
    ///   - name: The Event's name.
    ///   - unixTime: When it was seen.
    ///   - instance: Which replica saw it.
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

    /// Who says it.
    static let component = "polypod-webhook"
}
