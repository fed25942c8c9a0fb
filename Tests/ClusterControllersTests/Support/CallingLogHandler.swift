import Logging

/// A log whose every line is only told of.
struct CallingLogHandler: LogHandler {
    let onLine: @Sendable (LogEvent) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(_ onLine: @escaping @Sendable (LogEvent) -> Void) {
        self.onLine = onLine
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { onLine(event) }
}
