import Basics

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One metric whose value is read when Prometheus scrapes, instead of being counted.
public struct Sample: Sendable, Equatable {
    /// The metric's name, which must be valid in Prometheus' format.
    public let name: String
    /// The value, in the unit that the name says.
    public let value: Double
    /// Whether the metric is a counter; otherwise it is a gauge.
    public let isCounter: Bool

    /// Creates a sample without labels, a gauge by default.
    public init(_ name: String, _ value: Double, isCounter: Bool = false) {
        self.name = name
        self.value = value
        self.isCounter = isCounter
    }
}

/// The standard process metrics of Prometheus' client libraries: CPU time, memory, open files and start time.
public enum ProcessSamples {
    /// Reads the metrics from `/proc`, sorted by name.
    ///
    /// A metric that cannot be read is left out; on a system without `/proc` the list is empty.
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
            // One of them is the descriptor that lists the folder.
            samples.append(Sample("process_open_fds", Double(max(count - 1, 0))))
        }
        return samples.sorted { $0.name < $1.name }
    }
}

/// The numbers of `/proc/[pid]/stat` (proc_pid_stat(5)).
struct ProcessStatistics: Equatable {
    /// The CPU time in user and kernel mode, in clock ticks.
    let processorTicks: Int
    /// The time between boot and the start of the process, in clock ticks.
    let startTicks: Int
    /// The resident memory, in pages.
    let residentPages: Int

    /// Parses the file's one line; nil if a field is missing or is not a number.
    ///
    /// The command's name, in parentheses, may contain any character, also parentheses and spaces.
    init?(line: String) {
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        // The first field after the name is number 3 in the manual.
        func field(_ number: Int) -> Int? { fields.count > number - 3 ? Int(fields[number - 3]) : nil }
        guard let user = field(14), let system = field(15), let start = field(22), let pages = field(24) else {
            return nil
        }
        processorTicks = user + system
        startTicks = start
        residentPages = pages
    }

    /// The `btime` line of `/proc/stat`: when the system booted, as Unix time in seconds.
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
            // Skips "." and ".."; every other name in this folder is a number.
            if UInt8(bitPattern: entry.pointee.d_name.0) != UInt8(ascii: ".") { count += 1 }
        }
        return count
    }
}
