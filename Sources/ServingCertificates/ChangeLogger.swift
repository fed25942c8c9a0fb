import Logging
import Synchronization

/// Says a trouble once, however often it is met: when it begins or becomes another, and when it is over.
final class ChangeLogger: Sendable {
    /// What can be in trouble.
    enum Part: String, Sendable {
        case readingSecret = "reading the CA's Secret"
        case writingSecret = "writing the CA's Secret"
        case authority = "the CA"
        case signing = "signing the serving certificate"
        case mutating = "the mutating webhook configuration"
        case validating = "the validating webhook configuration"
    }

    private struct Trouble {
        var reason: String
        var count = 0
        var isSaid = false
    }

    /// How often in a row somebody else may be faster before that is strange.
    private static let patience = 3

    private let logger: Logger
    private let troubles = Mutex<[Part: Trouble]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    /// `part` is in trouble.
    ///
    /// - Parameter isLostRace: Whether somebody else was faster, which is said only where it goes on.
    func began(_ part: Part, _ reason: String, level: Logger.Level = .warning, isLostRace: Bool = false) {
        // Whoever is told to stop breaks its own requests off.
        guard !Task.isCancelled else { return }
        let isNew = troubles.withLock { troubles in
            var trouble = troubles[part] ?? Trouble(reason: reason)
            if trouble.reason != reason { trouble = Trouble(reason: reason) }
            trouble.count += 1
            let isNew = !trouble.isSaid && (!isLostRace || trouble.count >= Self.patience)
            if isNew { trouble.isSaid = true }
            troubles[part] = trouble
            return isNew
        }
        if isNew { logger.log(level: level, "trouble with \(part.rawValue)", metadata: ["reason": .string(reason)]) }
    }

    /// `part` is in order.
    func ended(_ part: Part) {
        guard troubles.withLock({ $0.removeValue(forKey: part) })?.isSaid == true else { return }
        logger.notice("no more trouble with \(part.rawValue)")
    }
}
