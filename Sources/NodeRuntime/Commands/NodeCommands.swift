/// What a command said.
public struct CommandOutput: Equatable, Sendable {
    /// Its exit code; 128 and the signal's number where it was ended by one.
    public let code: Int32
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String

    /// Creates one.
    public init(code: Int32, output: String, errors: String = "") {
        self.code = code
        self.output = output
        self.errors = errors
    }

    /// The last line it wrote, errors first, for messages.
    var lastLine: String {
        let lines = (errors.split(separator: "\n").last ?? output.split(separator: "\n").last)?.trimmingBlanks
        return String((lines ?? "no word").prefix(300))
    }
}

/// A process of the node's runtime.
public struct RuntimeProcess: Hashable, Sendable {
    /// Its number, as this program sees it.
    public let id: Int32
    /// When it was started, in ticks since the machine was.
    public let start: UInt64
    /// Its program's path on the host.
    public let program: String
    /// Its arguments.
    public let arguments: [String]
    /// When that was, in seconds since 1970; nil where nobody can tell.
    public let startTime: Int?

    /// Creates one.
    public init(id: Int32, start: UInt64, program: String, arguments: [String] = [], startTime: Int? = nil) {
        self.id = id
        self.start = start
        self.program = program
        self.arguments = arguments
        self.startTime = startTime
    }
}

/// What the installer needs of the machine beside files: running programs, seeing processes, and time.
public protocol NodeCommands: Sendable {
    /// Runs a program of the host, in its root file system.
    ///
    /// - Returns: what it said; nil where it cannot be run from here.
    func runOnHost(_ words: [String], timeout: Duration) -> CommandOutput?

    /// Runs a program where `process` runs, in its mount namespace: that is how its service manager is reached, also
    /// on a node that is itself a container.
    ///
    /// - Returns: what it said; nil where it cannot be run from here.
    func run(beside process: RuntimeProcess, _ words: [String], timeout: Duration) -> CommandOutput?

    /// The processes called one of `names` whose root is the host's.
    func processes(called names: Set<String>) -> [RuntimeProcess]

    /// Whether somebody takes connections at a socket of the host.
    func isListening(at path: String) -> Bool

    /// The time since some moment.
    var now: Duration { get }

    /// Waits.
    func sleep(for duration: Duration)
}
