import JSON
import PodAdmission
import Testing

@Suite("Workloads")
struct WorkloadTests {
    @Test(
        arguments: [
            ("v1", "Pod", #""spec":{"containers":[]}"#),
            ("v1", "PodTemplate", #""template":{"spec":{"containers":[]}}"#),
            ("apps/v1", "Deployment", #""spec":{"template":{"spec":{"containers":[]}}}"#),
            ("batch/v1", "CronJob", #""spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[]}}}}}"#),
        ])
    func findsThePod(version: String, kind: String, rest: String) throws {
        let text = #"{"apiVersion":"\#(version)","kind":"\#(kind)","metadata":{"name":"x","namespace":"n"},\#(rest)}"#
        let workload = try #require(try Workload(JSONParser.parse(text)))
        #expect(workload.pod.metadata.namespace == "n")
        #expect(workload.kind == kind)
    }

    @Test(arguments: [("v1", "Service"), ("example.com/v1", "Job"), ("serving.knative.dev/v1", "Deployment")])
    func passesOverOtherKinds(version: String, kind: String) throws {
        #expect(try Workload(JSONParser.parse(#"{"apiVersion":"\#(version)","kind":"\#(kind)"}"#)) == nil)
    }

    @Test(
        arguments: [
            (#"{"kind":"Pod"}"#, "apiVersion"), (#"{"apiVersion":"v1","kind":"Pod"}"#, "spec"),
            (#"{"apiVersion":"apps/v1","kind":"Deployment","spec":{}}"#, "spec.template"),
            (
                #"{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":[{"image":1}]}}}}"#,
                "spec.template.spec.containers[0].image"
            ),
            (#"{"apiVersion":"v1","kind":"Pod","spec":{"initContainers":{}}}"#, "spec.initContainers"),
            (
                #"{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"a":true}},"spec":{}}"#,
                "metadata.annotations.a"
            ),
        ])
    func saysWhichFieldIsWrong(text: String, path: String) {
        let error = #expect(throws: FieldError.self) { try Workload(JSONParser.parse(text)) }
        #expect(error?.pathText == path)
    }
}
