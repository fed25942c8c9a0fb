import Synchronization

/// The limit on the bodies of all responses together, in bytes.
///
/// A Pod can name many images at servers that send large bodies slowly, so that a limit for each body is not enough. The
/// first part of a body does not count, so that ordinary manifests and configs are read whatever others send.
final class BodyBudget: Sendable {
    /// The part of each body in bytes that does not count.
    static let free = 32 << 10

    private let used = Atomic<Int>(0)
    private let limit: Int

    /// Creates a budget of `limit` bytes.
    init(limit: Int) {
        self.limit = limit
    }

    /// The room that one body takes; it is given back when the reservation is released.
    final class Reservation: Sendable {
        private let budget: BodyBudget
        private let bytes = Atomic<Int>(0)

        /// Creates a reservation without room.
        init(_ budget: BodyBudget) {
            self.budget = budget
        }

        deinit { budget.used.subtract(bytes.load(ordering: .relaxed), ordering: .relaxed) }

        /// Makes room for a body that has `length` bytes by now; false, with nothing changed, if there is none.
        func grow(to length: Int) -> Bool {
            let more = max(0, length - BodyBudget.free) - bytes.load(ordering: .relaxed)
            guard more > 0 else { return true }
            guard budget.used.add(more, ordering: .relaxed).newValue <= budget.limit else {
                budget.used.subtract(more, ordering: .relaxed)
                return false
            }
            bytes.add(more, ordering: .relaxed)
            return true
        }
    }
}

/// Runs the parsing of large documents one after another, because a parsed document takes many times its size.
enum LargeDocuments {
    private static let turn = Mutex(())

    /// Runs `body` at once for a document that is not large, otherwise when no other large document is parsed.
    static func parse<Value: ~Copyable, Failure: Error>(
        _ length: Int,
        _ body: () throws(Failure) -> sending Value
    ) throws(Failure) -> sending Value {
        guard length > BodyBudget.free else { return try body() }
        return try turn.withLock { _ throws(Failure) in try body() }
    }
}
