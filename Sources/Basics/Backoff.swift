/// The wait after failures in a row: its bound doubles each time, from 0.5 s to 30 s.
///
/// A random part of it is left out, so that many clients do not try again at the same moment.
public struct Backoff: Sendable, Equatable {
    /// The number of failures since the last success.
    public private(set) var failures = 0

    /// Creates the state before the first failure.
    public init() {}

    /// Counts one more failure.
    ///
    /// - Parameter chance: A random number from 0 to 1; the wait is between half of its bound and all of it.
    /// - Returns: The wait before the next try.
    public mutating func next(chance: Double) -> Duration {
        let bound = min(30, Double(1 << min(failures, 5)))
        failures += 1
        return .seconds(bound * (0.5 + 0.5 * chance))
    }

    /// Forgets the failures.
    public mutating func reset() { failures = 0 }
}
