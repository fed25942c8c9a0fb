import Foundation

/// Runs programs without a shell, with a bound on their output and time.
enum ChildProcess {
    /// The bound on each output, in bytes; no configuration that a runtime prints comes near it.
    private static let largestOutput = 4 << 20

    /// Runs a program until it ends.
    ///
    /// - Parameters:
    ///   - words: The path of the program and its arguments.
    ///   - timeout: The time after which the program and its process group are killed.
    /// - Returns: The result; nil if the program cannot be started or did not end in time.
    static func run(_ words: [String], timeout: Duration) -> CommandOutput? {
        guard let output = Pipe(), let errors = Pipe() else { return nil }
        guard let program = words.first, let id = spawn(program, words, output, errors) else {
            for pipe in [output, errors] {
                close(pipe.input)
                close(pipe.output)
            }
            return nil
        }
        close(output.input)
        close(errors.input)
        var texts: [[UInt8]] = [[], []]
        let status = wait(for: id, until: ContinuousClock.now + timeout, [output.output, errors.output], &texts)
        close(output.output)
        close(errors.output)
        guard let status else { return nil }
        let signal = status & 0x7F
        let code = signal == 0 ? status >> 8 & 0xFF : 128 + signal
        return CommandOutput(
            code: code,
            output: String(decoding: texts[0], as: UTF8.self),
            errors: String(decoding: texts[1], as: UTF8.self)
        )
    }

    /// Reads until the child has ended.
    ///
    /// It does not wait until the pipes are closed: a service that the child started can keep them open.
    private static func wait(
        for id: pid_t,
        until deadline: ContinuousClock.Instant,
        _ pipes: [Int32],
        _ texts: inout [[UInt8]]
    ) -> Int32? {
        var status: Int32 = 0
        while true {
            let isEnded = waitpid(id, &status, WNOHANG) == id
            var isQuiet = true
            for (index, pipe) in pipes.enumerated() where readOnce(pipe, &texts[index]) { isQuiet = false }
            if isEnded {
                for (index, pipe) in pipes.enumerated() { while readOnce(pipe, &texts[index]) {} }
                return status
            }
            guard ContinuousClock.now < deadline else {
                kill(-id, SIGKILL)
                waitpid(id, &status, 0)
                return nil
            }
            if isQuiet { usleep(5_000) }
        }
    }

    /// Reads once from a pipe and drops bytes beyond the bound; false if nothing is there.
    private static func readOnce(_ pipe: Int32, _ text: inout [UInt8]) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(pipe, &buffer, buffer.count)
        guard count > 0 else { return false }
        if text.count < largestOutput { text += buffer[..<count] }
        return true
    }

    private struct Pipe {
        let output: Int32
        let input: Int32

        init?() {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { return nil }
            (output, input) = (ends[0], ends[1])
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            _ = fcntl(output, F_SETFL, O_NONBLOCK)
        }
    }

    private static var openDescriptors: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap { Int32($0) }
    }

    private static func spawn(_ program: String, _ words: [String], _ output: Pipe, _ errors: Pipe) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.input, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.input, STDERR_FILENO)
        // Not every library sets O_CLOEXEC (SwiftNIO does not for sockets), and a service that the program starts would
        // keep the other end of a connection waiting. Closing a descriptor that is not open is not an error here.
        for descriptor in openDescriptors where descriptor > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The child gets its own process group, so that a timeout kills its children too.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        let arguments = words.map { strdup($0) } + [nil]
        // The child does not get this program's variables, but it gets a PATH because programs of the host need one.
        let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var id: pid_t = 0
        return posix_spawn(&id, program, &actions, &attributes, arguments, variables) == 0 ? id : nil
    }
}
