import WebhookServer

/// The clocks that a service goes by, and how it waits.
struct ServiceClock: Sendable {
    /// The moment, for durations.
    var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    /// The time in seconds since the beginning of 1970, for what others read.
    var unixTime: @Sendable () -> Int = AdmissionServer.systemTime
    /// Waits, until the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// What `operation` returns; nil where it throws or takes longer than `limit`.
    func within<Value: Sendable>(
        _ limit: Duration,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { try? await operation() }
            group.addTask {
                try? await sleep(limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
