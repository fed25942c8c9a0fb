import ImageRegistry
import JSON
import PodAdmission

/// The demonstration's three acts, as text.
struct DemoStory {
    let client: DemoClient
    let images: any ImageResolving
    let terminal: Terminal

    /// One example's Pod on its way through the webhooks.
    private struct Journey {
        let document: SourceDocument
        let workload: Workload
        let mutated: JSONValue
        let mutating: DemoClient.Answer
        let validating: DemoClient.Answer
        var isAllowed: Bool { validating.isAllowed }
    }

    /// Sends every example and tells what became of it.
    func tell(_ documents: [SourceDocument]) async throws {
        var journeys: [Journey] = []
        for document in documents {
            let workload: Workload?
            do throws(FieldError) { workload = try Workload(document.value) } catch { throw document.badInput(error) }
            guard let workload else { continue }
            journeys.append(try await travel(workload, document))
        }
        // The example with the most containers shows the most.
        let changes = journeys.filter { $0.isAllowed && !$0.mutating.patch.isEmpty }
        if let changed = changes.max(by: {
            $0.workload.pod.spec.containers.count < $1.workload.pod.spec.containers.count
        }) {
            title("1", "A plain \(changed.workload.kind), and its Pod as it comes out")
            terminal.write(try source(of: changed) + "\n")
            terminal.write(await table(of: changed.workload).text(for: terminal, indent: 2) + "\n")
            terminal.write(diff(changed))
        }
        if let refused = journeys.last(where: { !$0.isAllowed }) {
            title("2", "A \(refused.workload.kind) that is refused, and why")
            let name = "  \(refused.document.file): \(refused.workload.kind) \(refused.workload.metadata.displayName)\n"
            terminal.write(name + denial(refused))
        }
        title("3", "Every example, as the API server was answered")
        terminal.write(overview(journeys).text(for: terminal, indent: 2))
    }

    private func travel(_ workload: Workload, _ document: SourceDocument) async throws -> Journey {
        let review = workload.review(from: document.value)
        let mutating = try await client.send(review, to: "/mutate")
        var final = review.object ?? JSONObject()
        var request = final["request"]?.object ?? JSONObject()
        let mutated = try (request["object"] ?? .null).applying(mutating.patch)
        request["object"] = mutated
        final["request"] = .object(request)
        let validating = try await client.send(.object(final), to: "/validate")
        return Journey(
            document: document,
            workload: workload,
            mutated: mutated,
            mutating: mutating,
            validating: validating
        )
    }

    private func title(_ number: String, _ text: String) {
        terminal.write("\n\(terminal.styled("\(number)  \(text)", .heading))\n\n")
    }

    /// The Pod template without what does not matter here, as its author wrote it.
    private func source(of journey: Journey) throws -> String {
        let spec = journey.workload.podPath.reduce(journey.document.value) { $0[$1] ?? .null }["spec"]
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
        return "  \(journey.document.file)\n" + text.map { "    \($0)\n" }.joined()
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

    private func diff(_ journey: Journey) -> String {
        journey.mutating.patch.flatMap(\.changes).map { change in
            "  " + terminal.styled("+ \(change.path): \(change.value)", .added) + "\n"
        }.joined()
    }

    private func denial(_ journey: Journey) -> String {
        (journey.validating.message ?? "").split(separator: "\n").map { line in
            "  " + terminal.styled("\(terminal.cross) deny", .denied) + "  \(line)\n"
        }.joined()
    }

    private func overview(_ journeys: [Journey]) -> Table {
        var table = Table(rows: [["EXAMPLE", "OBJECT", "ANSWER", "TOOK", "WHAT HAPPENS"]])
        for journey in journeys {
            let took = journey.mutating.elapsed + journey.validating.elapsed
            let answer: Table.Cell =
                journey.isAllowed
                ? journey.mutating.patch.isEmpty ? "untouched" : .init("changed", .added) : .init("denied", .denied)
            let what =
                journey.validating.message
                ?? journey.mutating.patch.flatMap(\.changes).map(\.value).joined(separator: ", ")
            table.rows.append([
                .init(journey.document.file),
                .init("\(journey.workload.kind) \(journey.workload.metadata.displayName)"),
                answer, .init("\(took.milliseconds) ms"), .init(what.isEmpty ? "as it was" : what),
            ])
        }
        return table
    }
}
