/// How long to wait after failures in a row: doubled each time from half a second to half a minute, and a part of it by
/// chance, so that many clients do not come back at the same moment.
public struct Backoff: Sendable, Equatable {
    /// How many failures there were since the last success.
    public private(set) var failures = 0

    /// Creates one without failures.
    public init() {}

    /// The wait after one more failure.
    ///
    /// - Parameter chance: from 0 to 1; the wait is between a half and the whole of its bound.
    public mutating func next(chance: Double) -> Duration {
        let bound = min(30, Double(1 << min(failures, 5)))
        failures += 1
        return .seconds(bound * (0.5 + 0.5 * chance))
    }

    /// Forgets the failures.
    public mutating func reset() { failures = 0 }
}
