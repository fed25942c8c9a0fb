/// The words of a container's command and args, with the first one expanded, because only that one is the program.
struct ProgramWords {
    private let command: Words
    private let args: Words

    private struct Words {
        var words: [String]
        /// The variable that the first word depends on although its value is not in the Pod.
        var unknownVariable: String?
        /// Whether the first word is known to its start.
        var isComplete = true

        init(_ words: [String], in container: Container) {
            self.words = words
            guard let first = words.first else { return }
            switch VariableExpansion.expand(first, in: container) {
            case .text(let text): self.words[0] = text
            case .ending(let text): (self.words[0], isComplete) = (text, false)
            case .unknown(let variable): (unknownVariable, isComplete) = (variable, false)
            }
        }
    }

    init(_ container: Container) {
        command = Words(container.command, in: container)
        args = Words(container.args, in: container)
    }

    /// The `process.args` that crun gets; nil if the program depends on an unknown variable.
    func program(entrypoint: [String], cmd: [String]) -> [String]? {
        guard unknownVariable(entrypoint: entrypoint) == nil else { return nil }
        return command.words.isEmpty ? entrypoint + (args.words.isEmpty ? cmd : args.words) : command.words + args.words
    }

    /// The name of the unknown variable that the program depends on; nil if there is none.
    func unknownVariable(entrypoint: [String]) -> String? {
        command.words.isEmpty ? (entrypoint.isEmpty ? args.unknownVariable : nil) : command.unknownVariable
    }

    /// Whether the first word of the command, or of the args if there is no command, is known to its start.
    var isComplete: Bool { command.words.isEmpty ? args.isComplete : command.isComplete }

    /// The program, if the command alone decides it.
    var commanded: String? { command.isComplete ? command.words.first : nil }
}
