/// Returns when `condition` holds, for a state that no callback announces.
///
/// - Throws: `CancellationError` if the test is cancelled first, for example by its time limit.
public func eventually(_ condition: @Sendable () async -> Bool) async throws {
    while !(await condition()) {
        try Task.checkCancellation()
        await Task.yield()
    }
}
