import JSON
import PodAdmission
import Testing

@testable import ClusterControllers

@Suite("Events for the owners of Pods")
struct KubernetesEventTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        let admission: DecidedAdmission
        let reason: KubernetesEvent.Reason?
        var message: String?
        var testDescription: String { why }
    }

    @Test(
        "The Event for a decision",
        arguments: [
            Row(
                why: "a Pod that is routed",
                admission: Admissions.routed(),
                reason: .podRouted,
                message: "container \"app\" is Wasm: the Pods run under the runtime class crun-wasmedge"
            ),
            Row(
                why: "two Wasm containers in a Pod that names its runtime class itself",
                admission: Admissions.routed(wasm: ["app", "job"], runtimeClass: nil),
                reason: .podRouted,
                message: "containers \"app\", \"job\" are Wasm: the Pods keep their runtime class"
            ),
            Row(
                why: "a corrected annotation, and only native containers",
                admission: Admissions.routed(wasm: [], runtimeClass: nil),
                reason: .podRouted,
                message: "no container is Wasm: the Pods keep their runtime class"
            ),
            Row(
                why: "a Pod that is refused",
                admission: Admissions.refused(),
                reason: .podRefused,
                message: "container \"app\": no; do else [exec-probe]"
            ),
            Row(why: "nothing was changed", admission: Admissions.decided(.mutating), reason: nil),
            Row(why: "nothing was refused", admission: Admissions.decided(.validating), reason: nil),
            Row(why: "a dry run that routes", admission: Admissions.routed(isDryRun: true), reason: nil),
            Row(why: "a dry run that refuses", admission: Admissions.refused(isDryRun: true), reason: nil),
            Row(why: "a bare Pod", admission: Admissions.routed(owner: nil), reason: nil),
            Row(why: "a bare Pod refused", admission: Admissions.refused(owner: nil), reason: nil),
            Row(
                why: "an owner without a uid",
                admission: Admissions.refused(owner: .init(kind: "Job", name: "j")),
                reason: nil
            ),
            Row(
                why: "an owner without a name",
                admission: Admissions.refused(owner: .init(kind: "Job", uid: "u")),
                reason: nil
            ),
            Row(
                why: "an owner with a name that is too long, since the Pod is not validated yet",
                admission: Admissions.refused(
                    owner: .init(kind: "Job", name: String(repeating: "j", count: 254), uid: "u")
                ),
                reason: nil
            ),
            Row(
                why: "an owner with a uid that is too long",
                admission: Admissions.routed(
                    owner: .init(kind: "Job", name: "j", uid: String(repeating: "u", count: 1 << 20))
                ),
                reason: nil
            ),
            Row(
                why: "an owner with a kind that is too long",
                admission: Admissions.routed(
                    owner: .init(kind: String(repeating: "K", count: 1 << 20), name: "j", uid: "u")
                ),
                reason: nil
            ),
            Row(
                why: "an owner with an API version that is too long",
                admission: Admissions.routed(
                    owner: .init(apiVersion: String(repeating: "a", count: 1 << 20), kind: "Job", name: "j", uid: "u")
                ),
                reason: nil
            ),
            Row(
                why: "an update of a Pod, such as kubectl debug",
                admission: Admissions.refused(operation: .update),
                reason: nil
            ),
            Row(why: "a workload", admission: Admissions.refused(kind: "Deployment"), reason: nil),
            Row(
                why: "a denial in the mutating stage",
                admission: Admissions.refused(stage: .mutating),
                reason: nil
            ),
        ]
    )
    func decisions(row: Row) {
        let event = KubernetesEvent(row.admission)
        #expect(event?.reason == row.reason)
        #expect(event?.message == row.message)
        if let event {
            #expect(
                event.subject
                    == .init(apiVersion: "apps/v1", kind: "ReplicaSet", namespace: "shop", name: "web-5d", uid: "u1")
            )
            #expect(event.severity == (event.reason == .podRouted ? .normal : .warning))
        }
    }

    @Test("A long refusal is cut after a whole line, at 1 KiB at most")
    func longRefusals() throws {
        let event = try #require(KubernetesEvent(Admissions.refused(findings: 40)))
        #expect(event.message.utf8.count <= 1024)
        #expect(event.message.split(separator: "\n").count > 3)
        #expect(event.message.hasSuffix("[exec-probe]"))
    }

    @Test("The name of a container cannot make a message too long or unreadable")
    func hostileNames() throws {
        let event = try #require(
            KubernetesEvent(Admissions.routed(wasm: ["a\u{1B}[2J\u{7}" + String(repeating: "é", count: 4000)]))
        )
        #expect(event.message.utf8.count <= 1024 && event.message.utf8.count > 1000)
        #expect(event.message.hasPrefix("container \"a[2Jéé"))
        #expect(event.message.hasSuffix("…"))
    }

    @Test("The object that is created")
    func object() throws {
        let event = try #require(KubernetesEvent(Admissions.routed()))
        let expected = """
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"web-5d.ff","namespace":"shop"},"involvedObject":\
            {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d","uid":"u1","namespace":"shop"},\
            "reason":"PodRouted","type":"Normal","message":"container \\"app\\" is Wasm: the Pods run under the runtime \
            class crun-wasmedge","source":{"component":"polypod-webhook"},"reportingComponent":"polypod-webhook",\
            "reportingInstance":"polypod-1","firstTimestamp":"2026-09-21T14:13:20Z","lastTimestamp":\
            "2026-09-21T14:13:20Z","count":1}
            """
        let object = event.object(named: event.name(suffix: 255), at: 1_790_000_000, instance: "polypod-1")
        #expect(object.compactText == expected)
    }

    @Test("The Events of a cluster-scoped object are in the namespace default")
    func clusterScope() {
        let subject = KubernetesEvent.Subject(
            apiVersion: "polypod.dev/v1alpha1",
            kind: "WasmPolicy",
            name: "p",
            uid: "u"
        )
        let event = KubernetesEvent(.invalidPolicy, severity: .warning, of: subject, message: "m")
        let object = event.object(named: "p.1", at: 0, instance: "i")
        #expect(object["metadata"]?["namespace"] == "default")
        #expect(object["involvedObject"]?["namespace"] == nil)
    }

    @Test(
        "The names of Events are valid object names",
        arguments: [
            ("web", 7 as UInt64, "web.7", "short"),
            (
                String(repeating: "a", count: 253), 0xFF, String(repeating: "a", count: 250) + ".ff",
                "the longest subject name"
            ),
            (
                String(repeating: "a", count: 248) + "-.bcd", 0xFF, String(repeating: "a", count: 248) + ".ff",
                "cut at a dash"
            ),
        ]
    )
    func names(subject: String, suffix: UInt64, name: String, why: String) {
        let subject = KubernetesEvent.Subject(apiVersion: "v1", kind: "X", name: subject, uid: "u")
        let event = KubernetesEvent(.podRouted, severity: .normal, of: subject, message: "")
        #expect(event.name(suffix: suffix) == name, "\(why)")
        #expect(event.newName() != event.newName())
    }
}
