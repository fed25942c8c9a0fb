import Basics
import Foundation

/// Access to a real host, through `chroot`, `nsenter`, `/proc` and sockets.
public struct SystemCommands: HostCommands {
    private let host: HostFolder
    private let origin = ContinuousClock.now

    /// Creates access to the host whose file system is `host`.
    public init(host: HostFolder) { self.host = host }

    /// The time since this value was created.
    public var now: Duration { ContinuousClock.now - origin }

    /// Connects to the socket and closes the connection.
    public func isListening(at path: String) -> Bool {
        guard let resolved = try? host.resolve(path) else { return false }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(host.local(resolved).utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Blocks the thread for `duration`.
    public func sleep(for duration: Duration) {
        let (seconds, attoseconds) = duration.components
        Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18)
    }

    /// Runs a program of the host through `chroot`, or directly if the host's root is this program's root.
    public func runOnHost(_ words: [String], timeout: Duration) -> CommandOutput? {
        guard !host.root.isEmpty else { return ChildProcess.run(words, timeout: timeout) }
        guard let tool = Self.tool("chroot") else { return nil }
        return Self.unlessToolFailed(ChildProcess.run(tool + [host.root] + words, timeout: timeout))
    }

    /// Runs a program in the namespaces of a process through `nsenter`, with options that busybox has too.
    ///
    /// It enters more than the mount namespace, because a service that OpenRC starts gets the network namespace of the
    /// process that asks for the start.
    public func run(beside process: RuntimeProcess, _ words: [String], timeout: Duration) -> CommandOutput? {
        guard let tool = Self.tool("nsenter") else { return nil }
        // If the runtime did not start again, its process is gone; other processes of the host have the same namespaces.
        let isThere = Self.text("/proc/\(process.id)/stat").flatMap(Self.start(in:)) == process.start
        guard let id = isThere ? process.id : ids.first(where: isOnHost) else { return nil }
        let namespaces = ["-t", String(id), "-m", "-u", "-i", "-n", "--"]
        return Self.unlessToolFailed(ChildProcess.run(tool + namespaces + words, timeout: timeout))
    }

    /// The result of the program, nil if `chroot` or `nsenter` could not run it.
    ///
    /// They end with 125 to 127 in that case (GNU coreutils, POSIX env). busybox has other codes and prints its name.
    private static func unlessToolFailed(_ result: CommandOutput?) -> CommandOutput? {
        guard let result, !(125...127).contains(result.code) else { return nil }
        let isTool = result.errors.hasPrefix("chroot: ") || result.errors.hasPrefix("nsenter: ")
        return result.code != 0 && isTool ? nil : result
    }

    /// The words that run a tool of this program's own file system, alone or as a part of busybox.
    private static func tool(_ name: String) -> [String]? {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"]
        if let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) { return ["\(folder)/\(name)"] }
        if let folder = folders.first(where: { access("\($0)/busybox", X_OK) == 0 }) {
            return ["\(folder)/busybox", name]
        }
        return nil
    }

    /// Searches `/proc`, which shows the host's processes if this program runs in the host's PID namespace.
    public func processes(called names: Set<String>) -> [RuntimeProcess] {
        ids.compactMap { id in
            guard let name = Self.text("/proc/\(id)/comm")?.split(separator: "\n").first.map(String.init),
                names.contains(name), isOnHost(id),
                let start = Self.text("/proc/\(id)/stat").flatMap(Self.start(in:))
            else { return nil }
            let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe")) ?? ""
            let words = Self.text("/proc/\(id)/cmdline")?.split(separator: "\0").map(String.init) ?? []
            let time = Self.bootTime.map { $0 + Int(start) / max(1, sysconf(Int32(_SC_CLK_TCK))) }
            return RuntimeProcess(id: id, start: start, program: program, arguments: words, startTime: time)
        }
    }

    /// The IDs of all processes, in ascending order.
    private var ids: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.sorted()
    }

    /// Whether the root of a process is the host's root.
    private func isOnHost(_ id: Int32) -> Bool {
        var (home, root) = (stat(), stat())
        return stat(host.local("/"), &home) == 0 && stat("/proc/\(id)/root", &root) == 0
            && root.st_dev == home.st_dev && root.st_ino == home.st_ino
    }

    /// The 22nd field of stat (proc(5)).
    ///
    /// The second field is in parentheses and can contain spaces and parentheses.
    private static func start(in stat: String) -> UInt64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // A zombie has ended; its parent has not waited for it yet.
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }

    /// The time at which the machine started, in seconds since 1970 (proc(5), stat).
    private static var bootTime: Int? {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Int($0.dropFirst(6)) }
    }

    private static func text(_ path: String) -> String? {
        (try? BoundedFile.bytes(of: path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
