/// The words of a container's command and args, with the first one expanded, because only that one is the program.
struct ProgramWords {
    private let command: [String]
    private let args: [String]
    /// The variable that a first word depends on although its value is not in the Pod.
    private let unknown: (command: String?, args: String?)

    init(_ container: Container) {
        func expanded(_ words: [String]) -> ([String], String?) {
            guard let first = words.first else { return ([], nil) }
            switch VariableExpansion.expand(first, in: container) {
            case .text(let text): return ([text] + words.dropFirst(), nil)
            case .unknown(let variable): return (words, variable)
            }
        }
        let (command, args) = (expanded(container.command), expanded(container.args))
        (self.command, self.args) = (command.0, args.0)
        unknown = (command.1, args.1)
    }

    /// The `process.args` that crun gets; nil if the program depends on an unknown variable.
    func program(entrypoint: [String], cmd: [String]) -> [String]? {
        unknownVariable(entrypoint: entrypoint) == nil
            ? command.isEmpty ? entrypoint + (args.isEmpty ? cmd : args) : command + args
            : nil
    }

    /// The name of the unknown variable that the program depends on; nil if there is none.
    func unknownVariable(entrypoint: [String]) -> String? {
        command.isEmpty ? (entrypoint.isEmpty ? unknown.args : nil) : unknown.command
    }
}
