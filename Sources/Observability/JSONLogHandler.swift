public import Basics
import JSON
public import Logging
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A backend of swift-log that writes every event as one line of JSON.
///
/// The members are `time` (RFC 3339, UTC), `level`, `logger`, `message`, `error` if the event has one, and then the
/// metadata, sorted by key. A metadata key that equals one of those members gets a `_` at its end.
public struct JSONLogHandler: LogHandler {
    /// The metadata that every event of this handler carries.
    public var metadata: Logger.Metadata = [:]
    /// The lowest level that is written.
    public var logLevel: Logger.Level
    /// The source of task-local metadata; none by default.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let clock: @Sendable () -> Timestamp
    private let sink: @Sendable ([UInt8]) -> Void

    private static let members: Set<String> = ["time", "level", "logger", "message", "error"]
    /// The longest text in bytes: container runtimes split a log line that is longer than 16 KiB.
    private static let longestText = 16 << 10

    /// Creates a handler that writes to standard error, unless another sink is given.
    ///
    /// - Parameters:
    ///   - label: The logger's label, written as `logger`.
    ///   - level: The lowest level that is written; `info` by default.
    ///   - clock: Returns the time of an event; the machine's clock by default.
    ///   - sink: Receives each complete line with its line feed, on the thread that logs.
    public init(
        label: String,
        level: Logger.Level = .info,
        clock: @escaping @Sendable () -> Timestamp = { .now() },
        sink: @escaping @Sendable ([UInt8]) -> Void = StandardError.write
    ) {
        self.label = label
        self.logLevel = level
        self.clock = clock
        self.sink = sink
    }

    /// The value of ``metadata`` for `key`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes `event` as one line; a text of more than 16 KiB is cut.
    public func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(512)
        line.append(contentsOf: #"{"time":""#.utf8)
        line.append(contentsOf: clock().text(.milliseconds).utf8)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: event.level.rawValue.utf8)
        line.append(contentsOf: #"","logger":"#.utf8)
        JSONValue.write(label, to: &line)
        line.append(contentsOf: #","message":"#.utf8)
        JSONValue.write(Self.bounded(event.message.description), to: &line)
        if let error = event.error { Self.append("error", .string("\(error)"), to: &line) }
        for (key, value) in merged(event.metadata).sorted(by: { $0.key < $1.key }) {
            Self.append(Self.members.contains(key) ? key + "_" : key, value, to: &line)
        }
        line.append(contentsOf: "}\n".utf8)
        sink(line)
    }

    private func merged(_ explicit: Logger.Metadata?) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let explicit { all.merge(explicit) { $1 } }
        return all
    }

    private static func append(_ key: String, _ value: Logger.Metadata.Value, to line: inout [UInt8]) {
        line.append(UInt8(ascii: ","))
        JSONValue.write(key, to: &line)
        line.append(UInt8(ascii: ":"))
        append(value, to: &line)
    }

    private static func append(_ value: Logger.Metadata.Value, to line: inout [UInt8]) {
        switch value {
        case .string(let text): JSONValue.write(bounded(text), to: &line)
        case .stringConvertible(let value): append(value, to: &line)
        case .array(let values):
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(value, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            line.append(UInt8(ascii: "{"))
            for (index, member) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                JSONValue.write(member.key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(member.value, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    /// Writes booleans, `Int` and `Double` as JSON literals, and any other value as the string of its description.
    private static func append(_ value: any CustomStringConvertible & Sendable, to line: inout [UInt8]) {
        switch value {
        case let flag as Bool: line.append(contentsOf: (flag ? "true" : "false").utf8)
        case let number as Int: line.append(contentsOf: String(number).utf8)
        case let number as Double where number.isFinite: line.append(contentsOf: number.description.utf8)
        default: JSONValue.write(bounded(value.description), to: &line)
        }
    }

    private static func bounded(_ text: String) -> String {
        text.utf8.count <= longestText ? text : String(decoding: text.utf8.prefix(longestText), as: UTF8.self) + "…"
    }
}

/// The process's standard error, for complete lines.
public enum StandardError {
    private static let lock = Mutex(())

    /// Writes `line` under a lock, so that lines of several threads do not mix; blocks while the reader is slow.
    ///
    /// An error other than EINTR drops the rest of the line.
    @Sendable public static func write(_ line: [UInt8]) {
        lock.withLock { _ in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let part = UnsafeRawBufferPointer(rebasing: rest)
                    #if canImport(Glibc)
                    let count = Glibc.write(STDERR_FILENO, part.baseAddress, part.count)
                    #elseif canImport(Musl)
                    let count = Musl.write(STDERR_FILENO, part.baseAddress, part.count)
                    #else
                    let count = Darwin.write(STDERR_FILENO, part.baseAddress, part.count)
                    #endif
                    if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
                }
            }
        }
    }
}
