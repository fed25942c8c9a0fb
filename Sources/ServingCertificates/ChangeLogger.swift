import Logging
import Synchronization

/// Logs a problem once: when it starts or its reason changes, and when it is resolved.
final class ChangeLogger: Sendable {
    /// The part of the work that can have a problem.
    enum Part: String, Sendable {
        case readingSecret = "reading the CA's Secret"
        case writingSecret = "writing the CA's Secret"
        case authority = "the CA"
        case signing = "signing the serving certificate"
        case mutating = "the mutating webhook configuration"
        case validating = "the validating webhook configuration"
    }

    private struct Problem {
        var reason: String
        var count = 0
        var isLogged = false
    }

    /// The number of lost races in a row that is logged: fewer are normal.
    private static let loggedRaces = 3

    private let logger: Logger
    private let problems = Mutex<[Part: Problem]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    /// Records a problem with `part`.
    ///
    /// - Parameters:
    ///   - part: The part of the work.
    ///   - reason: The reason; another reason is another problem.
    ///   - level: The level of the log line.
    ///   - isLostRace: Whether another client wrote first; this is logged only if it happens several times in a row.
    func report(_ part: Part, _ reason: String, level: Logger.Level = .warning, isLostRace: Bool = false) {
        // Shutdown cancels requests; these failures are not problems.
        guard !Task.isCancelled else { return }
        let isNew = problems.withLock { problems in
            var problem = problems[part] ?? Problem(reason: reason)
            if problem.reason != reason { problem = Problem(reason: reason) }
            problem.count += 1
            let isNew = !problem.isLogged && (!isLostRace || problem.count >= Self.loggedRaces)
            if isNew { problem.isLogged = true }
            problems[part] = problem
            return isNew
        }
        if isNew { logger.log(level: level, "problem with \(part.rawValue)", metadata: ["reason": .string(reason)]) }
    }

    /// Records that `part` has no problem.
    func resolve(_ part: Part) {
        guard problems.withLock({ $0.removeValue(forKey: part) })?.isLogged == true else { return }
        logger.notice("no more problem with \(part.rawValue)")
    }
}
