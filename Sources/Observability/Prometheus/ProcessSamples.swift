#if canImport(Glibc)
import Basics
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the system says of this process, under the names that Prometheus's own clients use.
public enum ProcessSamples {
    /// Reads `/proc`; what cannot be read is left out, as is everything on a system without it.
    public static func read() -> [Sample] {
        var samples: [Sample] = []
        if let statistics = ProcFile.read("/proc/self/stat").flatMap({ ProcessStatistics(line: $0) }) {
            let ticks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
            samples.append(
                Sample("process_cpu_seconds_total", Double(statistics.processorTicks) / ticks, isCounter: true)
            )
            samples.append(
                Sample("process_resident_memory_bytes", Double(statistics.residentPages * sysconf(Int32(_SC_PAGESIZE))))
            )
            if let boot = ProcFile.read("/proc/stat").flatMap(ProcessStatistics.bootTime) {
                samples.append(
                    Sample("process_start_time_seconds", Double(boot) + Double(statistics.startTicks) / ticks)
                )
            }
        }
        if let count = ProcFile.entries(of: "/proc/self/fd") {
            // One of them is the listing itself.
            samples.append(Sample("process_open_fds", Double(max(count - 1, 0))))
        }
        return samples.sorted { $0.name < $1.name }
    }
}

/// The numbers of `/proc/[pid]/stat` (proc_pid_stat(5)).
struct ProcessStatistics: Equatable {
    /// Ticks spent in user and kernel mode.
    let processorTicks: Int
    /// Ticks from boot to the process's start.
    let startTicks: Int
    /// Pages held in memory.
    let residentPages: Int

    /// Parses the file's one line; the command's name, in parentheses, may hold anything, parentheses included.
    init?(line: String) {
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        // The first field after the name is the third of the manual's table.
        func field(_ number: Int) -> Int? { fields.count > number - 3 ? Int(fields[number - 3]) : nil }
        guard let user = field(14), let system = field(15), let start = field(22), let pages = field(24) else {
            return nil
        }
        processorTicks = user + system
        startTicks = start
        residentPages = pages
    }

    /// The `btime` of `/proc/stat`: when the system was started, in Unix time.
    static func bootTime(_ text: String) -> Int? {
        text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst(6)) }
    }
}

/// Files and folders of `/proc`.
private enum ProcFile {
    static func read(_ path: String) -> String? {
        (try? BoundedFile.bytes(of: path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func entries(of path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            // "." and ".." are no entries; every other name here is a number.
            if UInt8(bitPattern: entry.pointee.d_name.0) != UInt8(ascii: ".") { count += 1 }
        }
        return count
    }
}
