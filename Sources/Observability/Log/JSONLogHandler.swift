public import Basics
import JSON
public import Logging

/// A backend of swift-log that writes every event as one line of JSON.
///
/// The members are `time` (RFC 3339, UTC), `level`, `logger`, `message`, where there is one `error`, and then the
/// metadata, sorted by key. A key of the metadata that is one of those members has `_` put behind it.
public struct JSONLogHandler: LogHandler {
    /// What every event carries.
    public var metadata: Logger.Metadata = [:]
    /// The lowest level that is written.
    public var logLevel: Logger.Level
    /// Who adds metadata from the task that logs.
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let clock: @Sendable () -> Timestamp
    private let sink: @Sendable ([UInt8]) -> Void

    private static let members: Set<String> = ["time", "level", "logger", "message", "error"]
    /// A line is written at once up to this size, which is also what container runtimes keep together.
    private static let longestText = 16 << 10

    /// Creates a handler.
    ///
    /// - Parameters:
    ///   - label: The logger's label.
    ///   - level: The lowest level that is written.
    ///   - clock: The time of each event.
    ///   - sink: Gets each line whole, with its line feed, from whichever thread logs; standard error by default.
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

    /// One member of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes `event` as one line.
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

    /// Numbers and booleans stay what they are; everything else is its description.
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
