import ArgumentParser
import ImageRegistry
import JSON
import Manifests
import PodAdmission

/// Shows the classes of images, without a cluster.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Look images up in their registries and show whether they are Wasm, with the evidence.",
        discussion:
            "Exit codes: 0; 1 an image that crun cannot run, or with --strict an unknown image; 2 bad input."
    )

    /// The formats of the output.
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @Argument(help: "Image references.")
    var images: [String]

    @Option(name: .shortAndLong, help: "The format of the output: text or json.")
    var output: Output = .text

    @Flag(help: "Exit with 1 also if the class of an image is unknown.")
    var strict = false

    @OptionGroup var inspection: InspectionOptions

    func run() async throws {
        for image in images {
            do throws(ImageReference.Invalid) { _ = try ImageReference(image) } catch {
                throw BadInput(file: image, reason: error.description)
            }
        }
        let policy = try inspection.policies().policy(for: Pod(spec: PodSpec(containers: [])), namespace: "default")
        let deadline = ContinuousClock.now + .seconds(inspection.timeout)
        let results = try await ImageInspector.withInspector(inspection.configuration()) { inspector in
            let resolver = ImageResolver(inspector: inspector)
            return await lookUpSideBySide(images, label: "looking up images") { image in
                await ImageInspection.inspect(image, with: resolver, policy: policy, deadline: deadline)
            }
        }.compactMap { $0 }
        switch output {
        case .json: Terminal.standardOutput.write(document: JSONValue.array(results.map(\.json)).prettyText + "\n")
        case .text:
            let terminal = Terminal.standardOutput
            terminal.write(results.map { $0.text(for: terminal) }.joined(separator: "\n"))
        }
        let isBad = results.contains { result in
            result.verdict.containerClass == .notRunnable || strict && result.verdict.containerClass == .unknown
        }
        if isBad { throw ExitCode(1) }
    }
}

/// Does `work` for every input, at most 16 at the same time, with a progress line.
///
/// - Parameters:
///   - inputs: The inputs.
///   - label: The text before the progress bar.
///   - work: The look-up of one input.
/// - Returns: The results in the order of the inputs.
func lookUpSideBySide<Input: Sendable, Result: Sendable>(
    _ inputs: [Input],
    label: String,
    work: @escaping @Sendable (Input) async -> Result
) async -> [Result] {
    let progress = ProgressLine(label, total: inputs.count)
    defer { progress.finish() }
    return await withTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: inputs.count)
        for (index, input) in inputs.enumerated() {
            if index >= 16, let (done, result) = await group.next() { results[done] = result }
            group.addTask {
                let result = await work(input)
                progress.advance()
                return (index, result)
            }
        }
        for await (index, result) in group { results[index] = result }
        return results.compactMap { $0 }
    }
}
