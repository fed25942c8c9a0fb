import Foundation
import JSON
import PodAdmission
import Testing

/// What Polypod makes of a fixture, in the form in which the fixture writes it down.
private func outcome(of fixture: Fixture) throws -> JSONObject {
    let pod = try Pod(fixture.pod)
    var context = AdmissionContext(
        stage: .mutating,
        operation: fixture.operation,
        subresource: fixture.subresource,
        oldPod: try fixture.oldPod.map { try Pod($0) },
        username: fixture.username,
        namespaceLabels: fixture.namespaceLabels,
        cluster: fixture.cluster
    )
    let mutating = decide(pod, context: context, images: fixture.images, policy: fixture.policy)
    let mutated = fixture.isUnmutated ? fixture.pod : try fixture.pod.applying(mutating.patch)
    context.stage = .validating
    let validating = decide(try Pod(mutated), context: context, images: fixture.images, policy: fixture.policy)

    // A second round over the result changes nothing: the API server calls a webhook again (reinvocationPolicy).
    context.stage = .mutating
    let again = decide(try Pod(mutated), context: context, images: fixture.images, policy: fixture.policy)
    if !fixture.isUnmutated {
        #expect(again.patch.isEmpty, "\(fixture.name): a second call writes \(again.patch.map(\.pointer))")
    }

    var outcome = JSONObject()
    if let reason = validating.skipped { outcome["skipped"] = .string(reason.rawValue) }
    let images = imagesToInspect(in: pod, context: context, policy: fixture.policy)
    outcome["lookedUp"] = .array(images.map { .string($0) })
    outcome["classes"] = .object(
        JSONObject(
            mutating.containers.map { verdict in
                let evidence = verdict.evidence.map { "\($0.signal.rawValue)=\($0.value)" }.joined(separator: ", ")
                return .init(
                    key: verdict.container.name,
                    value: .string("\(verdict.containerClass.rawValue): \(evidence)")
                )
            }
        )
    )
    outcome["patch"] = .array(mutating.patch.map(\.json))
    outcome["notices"] = .array(mutating.notices.map { .string($0) })
    outcome["findings"] = .array(
        validating.findings.map { .string("\($0.action.rawValue) \($0.warning)") }
    )
    for line in mutating.warnings + validating.warnings {
        #expect(line.count <= 120, "\(line)")
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "\(line)")
    }
    return outcome
}

@Suite("Golden Pods")
struct FixtureTests {
    @Test(arguments: try Fixture.all())
    func pod(fixture: Fixture) throws {
        let outcome = try outcome(of: fixture)
        if ProcessInfo.processInfo.environment["POLYPOD_RECORD_FIXTURES"] == "1" {
            let file = Fixture.folder.appending(path: "\(fixture.name).json")
            var object = try JSONParser.parse([UInt8](Data(contentsOf: file))).asObject()
            object["expected"] = .object(outcome)
            try Data((JSONValue.object(object).prettyText + "\n").utf8).write(to: file)
        }
        for key in Set((outcome.members + fixture.expected.members).map(\.key)).sorted() {
            #expect(fixture.expected[key] == outcome[key], "\(fixture.name): \(key)")
        }
    }

    @Test("every check has a fixture that finds it")
    func coverage() throws {
        let found = try Fixture.all().flatMap { $0.expected["findings"]?.array?.compactMap(\.string) ?? [] }
        for code in CheckCode.allCases {
            #expect(found.contains { $0.hasSuffix("[\(code.rawValue)]") }, "no fixture for \(code.rawValue)")
        }
    }
}
