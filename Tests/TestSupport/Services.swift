package import Logging
package import ServiceLifecycle

extension Logger {
    /// A logger without output.
    package static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    /// A logger that calls `onLine` for each line.
    package static func calling(
        level: Level = .info,
        _ onLine: @escaping @Sendable (LogEvent) -> Void
    ) -> Logger {
        Logger(label: "test") { _ in CallingLogHandler(onLine, level: level) }
    }
}

private struct CallingLogHandler: LogHandler {
    let onLine: @Sendable (LogEvent) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(_ onLine: @escaping @Sendable (LogEvent) -> Void, level: Logger.Level) {
        self.onLine = onLine
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { onLine(event) }
}

/// Runs services while `body` runs, then shuts them down gracefully and waits for their end.
///
/// - Throws: The error of `body` or of a service.
package func withService(_ services: any Service..., body: @Sendable () async throws -> Void) async throws {
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: services, logger: .silent))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        try result.get()
    }
}
