import Basics
import Foundation

/// The machine itself.
public struct SystemCommands: NodeCommands {
    private let host: HostFolder
    private let origin = ContinuousClock.now

    /// Creates one for the host under `host`.
    public init(host: HostFolder) { self.host = host }

    /// The time since this value was made.
    public var now: Duration { ContinuousClock.now - origin }

    /// Connects, and says nothing.
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

    /// Waits.
    public func sleep(for duration: Duration) {
        let (seconds, attoseconds) = duration.components
        Thread.sleep(forTimeInterval: Double(seconds) + Double(attoseconds) * 1e-18)
    }

    /// Runs a program of the host through `chroot`.
    public func runOnHost(_ words: [String], timeout: Duration) -> CommandOutput? {
        guard !host.root.isEmpty else { return ChildProcess.run(words, timeout: timeout) }
        guard let tool = Self.tool("chroot") else { return nil }
        return Self.unlessTheToolFailed(ChildProcess.run(tool + [host.root] + words, timeout: timeout))
    }

    /// Runs a program in a process's namespaces through `nsenter`, whose options busybox has too.
    ///
    /// Not its files' alone: what OpenRC starts has the network of whoever asks for it.
    public func run(beside process: RuntimeProcess, _ words: [String], timeout: Duration) -> CommandOutput? {
        guard let tool = Self.tool("nsenter") else { return nil }
        // A runtime that did not come up has no process any more; any other one of the host stands at the same place.
        let isThere = Self.text("/proc/\(process.id)/stat").flatMap(Self.start(in:)) == process.start
        guard let id = isThere ? process.id : ids.first(where: isOnHost) else { return nil }
        let namespaces = ["-t", String(id), "-m", "-u", "-i", "-n", "--"]
        let answer = ChildProcess.run(tool + namespaces + words, timeout: timeout)
        return Self.unlessTheToolFailed(answer)
    }

    /// 125 to 127 is how chroot and nsenter say that they could not run the program at all (GNU coreutils, POSIX env);
    /// busybox has other codes, and says its name.
    private static func unlessTheToolFailed(_ answer: CommandOutput?) -> CommandOutput? {
        guard let answer, !(125...127).contains(answer.code) else { return nil }
        let isTool = answer.errors.hasPrefix("chroot: ") || answer.errors.hasPrefix("nsenter: ")
        return answer.code != 0 && isTool ? nil : answer
    }

    /// A program of this container's own, by itself or as a part of busybox.
    private static func tool(_ name: String) -> [String]? {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"]
        if let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) { return ["\(folder)/\(name)"] }
        if let folder = folders.first(where: { access("\($0)/busybox", X_OK) == 0 }) {
            return ["\(folder)/busybox", name]
        }
        return nil
    }

    /// Looks through /proc, which shows the host's processes where this program is in the host's PID namespace.
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

    /// All processes, the oldest first as a rule.
    private var ids: [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.sorted()
    }

    /// Whether a process has the host's root for its own.
    private func isOnHost(_ id: Int32) -> Bool {
        var (home, root) = (stat(), stat())
        return stat(host.local("/"), &home) == 0 && stat("/proc/\(id)/root", &root) == 0
            && root.st_dev == home.st_dev && root.st_ino == home.st_ino
    }

    /// The 22nd field of proc(5)'s stat; the second, in parentheses, may hold blanks and parentheses itself.
    private static func start(in stat: String) -> UInt64? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // A zombie has ended already, though its parent does not know.
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }

    /// When the machine was started, in seconds since 1970 (proc(5), stat).
    private static var bootTime: Int? {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Int($0.dropFirst(6)) }
    }

    private static func text(_ path: String) -> String? {
        (try? BoundedFile.bytes(of: path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
