import ImageRegistry
import JSON
import Manifests
import PodAdmission

/// Sends the examples through both webhooks and prints the result in three parts.
struct DemoWalkthrough {
    /// The client of the webhooks.
    let client: DemoClient
    /// The inspector, for the classes of a Pod's containers.
    let images: any ImageResolving
    /// The output.
    let terminal: Terminal

    /// An example's Pod with the responses of both webhooks.
    private struct Admission {
        let document: SourceDocument
        let workload: Workload
        let mutating: DemoClient.Response
        let validating: DemoClient.Response
        var isAllowed: Bool { validating.isAllowed }
    }

    /// Sends every example and prints a changed Pod, a refused Pod and a table of all.
    ///
    /// - Throws: ``BadInput`` for an example that is not valid, and the errors of the client.
    func run(_ documents: [SourceDocument]) async throws {
        var admissions: [Admission] = []
        for document in documents {
            let workload: Workload?
            do throws(FieldError) { workload = try Workload(document.value) } catch { throw document.badInput(error) }
            guard let workload else { continue }
            admissions.append(try await admit(workload, document))
        }
        // Shows the example with the most containers.
        let changes = admissions.filter { $0.isAllowed && !$0.mutating.patch.isEmpty }
        if let changed = changes.max(by: {
            $0.workload.pod.spec.containers.count < $1.workload.pod.spec.containers.count
        }) {
            title("1", "A plain \(changed.workload.kind), and the changes to its Pod")
            terminal.write(try source(of: changed) + "\n")
            terminal.write(await table(of: changed.workload).text(for: terminal, indent: 2) + "\n")
            terminal.write(diff(changed))
        }
        if let refused = admissions.last(where: { !$0.isAllowed }) {
            title("2", "A \(refused.workload.kind) that is refused, and why")
            let name = "  \(refused.document.file): \(refused.workload.kind) \(refused.workload.metadata.displayName)\n"
            terminal.write(name + denial(refused))
        }
        title("3", "Every example, with the webhook's response")
        terminal.write(overview(admissions).text(for: terminal, indent: 2))
    }

    /// Sends one Pod to the mutating webhook, applies the patch, and sends the result to the validating webhook.
    private func admit(_ workload: Workload, _ document: SourceDocument) async throws -> Admission {
        let review = workload.review(from: document.value)
        let mutating = try await client.send(review, to: "/mutate")
        var final = review.object ?? JSONObject()
        var request = final["request"]?.object ?? JSONObject()
        request["object"] = try (request["object"] ?? .null).applying(mutating.patch)
        final["request"] = .object(request)
        let validating = try await client.send(.object(final), to: "/validate")
        return Admission(document: document, workload: workload, mutating: mutating, validating: validating)
    }

    private func title(_ number: String, _ text: String) {
        terminal.write("\n\(terminal.styled("\(number)  \(text)", .heading))\n\n")
    }

    /// The names and images of the Pod template's containers, as YAML.
    private func source(of admission: Admission) throws -> String {
        let spec = admission.workload.podPath.reduce(admission.document.value) { $0[$1] ?? .null }["spec"]
        var shown = JSONObject()
        for list in ["initContainers", "containers"] {
            let entries = (spec?[list]?.array ?? []).map { entry -> JSONValue in
                let members = (entry.object?.members ?? []).filter {
                    ["name", "image", "restartPolicy"].contains($0.key)
                }
                return .object(JSONObject(members))
            }
            if !entries.isEmpty { shown[list] = .array(entries) }
        }
        let text = try YAMLWriter.text(of: [["spec": .object(shown)]]).split(separator: "\n").dropFirst()
        return "  \(admission.document.file)\n" + text.map { "    \($0)\n" }.joined()
    }

    private func table(of workload: Workload) async -> Table {
        let query = ImageQuery(
            WorkloadEvaluation.imagesToInspect(in: workload, policy: WasmPolicy()),
            deadline: .now + .seconds(5)
        )
        let decision = decide(
            workload.pod,
            context: AdmissionContext(stage: .mutating),
            images: await images.answers(to: query),
            policy: WasmPolicy()
        )
        return decision.containers.table
    }

    private func diff(_ admission: Admission) -> String {
        admission.mutating.patch.flatMap(\.changes).map { change in
            "  " + terminal.styled("+ \(change.path): \(change.value)", .added) + "\n"
        }.joined()
    }

    private func denial(_ admission: Admission) -> String {
        (admission.validating.message ?? "").split(separator: "\n").map { line in
            "  " + terminal.styled("\(terminal.cross) deny", .denied) + "  \(line)\n"
        }.joined()
    }

    private func overview(_ admissions: [Admission]) -> Table {
        var table = Table(rows: [["EXAMPLE", "OBJECT", "RESPONSE", "TIME", "REASON OR CHANGES"]])
        for admission in admissions {
            let took = admission.mutating.elapsed + admission.validating.elapsed
            let response: Table.Cell =
                admission.isAllowed
                ? admission.mutating.patch.isEmpty ? "unchanged" : .init("changed", .added) : .init("denied", .denied)
            let what =
                admission.validating.message
                ?? admission.mutating.patch.flatMap(\.changes).map(\.value).joined(separator: ", ")
            table.rows.append([
                .init(admission.document.file),
                .init("\(admission.workload.kind) \(admission.workload.metadata.displayName)"),
                response, .init("\(took.milliseconds) ms"), .init(what.isEmpty ? "none" : what),
            ])
        }
        return table
    }
}
