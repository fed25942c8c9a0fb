import Basics

/// Access to a host beyond its files: programs, processes, sockets and time.
public protocol HostCommands: Sendable {
    /// Runs a program of the host in the host's root file system.
    ///
    /// - Parameters:
    ///   - words: The path of the program on the host and its arguments.
    ///   - timeout: The time after which the program is killed.
    /// - Returns: The result; nil if the program cannot be run from here or did not end in time.
    func runOnHost(_ words: [String], timeout: Duration) -> CommandOutput?

    /// Runs a program in the namespaces of a process.
    ///
    /// This reaches the host's service manager, also if the node is itself a container.
    ///
    /// - Parameters:
    ///   - process: The process whose namespaces are used.
    ///   - words: The path of the program in that mount namespace and its arguments.
    ///   - timeout: The time after which the program is killed.
    /// - Returns: The result; nil if the program cannot be run from here or did not end in time.
    func run(beside process: RuntimeProcess, _ words: [String], timeout: Duration) -> CommandOutput?

    /// The processes with one of these names (proc(5), comm) whose root is the host's root.
    func processes(called names: Set<String>) -> [RuntimeProcess]

    /// Whether a server accepts connections at the Unix socket with this path on the host.
    func isListening(at path: String) -> Bool

    /// The time since a fixed moment.
    var now: Duration { get }

    /// Blocks the thread for `duration`.
    func sleep(for duration: Duration)
}

extension HostCommands {
    /// The processes of this kind's runtime.
    func processes(of kind: HostKind) -> [RuntimeProcess] {
        processes(called: kind.processes).filter(kind.owns)
    }
}

/// The result of a program that has ended.
public struct CommandOutput: Equatable, Sendable {
    /// The exit code; 128 plus the signal's number if a signal ended the program.
    public let code: Int32
    /// The standard output, at most 4 MiB.
    public let output: String
    /// The standard error, at most 4 MiB.
    public let errors: String

    /// Creates a result, by default without standard error.
    public init(code: Int32, output: String, errors: String = "") {
        self.code = code
        self.output = output
        self.errors = errors
    }

    /// The last line of standard error, or else of standard output, for messages; at most 300 characters.
    var lastLine: String {
        let line = (errors.split(separator: "\n").last ?? output.split(separator: "\n").last)?.trimmed
        return String((line ?? "no output").prefix(300))
    }
}

/// A process of the node's container runtime.
public struct RuntimeProcess: Hashable, Sendable {
    /// The process ID in this program's PID namespace.
    public let id: Int32
    /// The time of its start, in clock ticks since the machine started (proc(5), stat).
    public let start: UInt64
    /// The path of its program on the host.
    public let program: String
    /// Its arguments, the first of which is the program.
    public let arguments: [String]
    /// The time of its start, in seconds since 1970; nil if it is not known.
    public let startTime: Int?

    /// Creates a process as read from `/proc`.
    ///
    /// - Parameters:
    ///   - id: The process ID.
    ///   - start: The time of its start, in clock ticks since the machine started.
    ///   - program: The path of its program on the host.
    ///   - arguments: Its arguments, the first of which is the program.
    ///   - startTime: The time of its start, in seconds since 1970.
    public init(id: Int32, start: UInt64, program: String, arguments: [String] = [], startTime: Int? = nil) {
        self.id = id
        self.start = start
        self.program = program
        self.arguments = arguments
        self.startTime = startTime
    }
}
