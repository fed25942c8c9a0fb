import JSON
import PodAdmission

extension InspectorCall {
    /// How many notes are passed on, and how long each may be.
    private static let noteLimit = (count: 3, length: 120)

    /// Adds why secrets could not be read to the answers that may be so for want of them.
    ///
    /// Failures are kept and shared by those with the same credentials, while what could not be read belongs to this
    /// one request; hence it is added here and kept nowhere.
    mutating func noteUnread() {
        guard !credentials.unread.isEmpty else { return }
        let notes = credentials.unread.prefix(Self.noteLimit.count)
            .map { $0.plainText(limit: Self.noteLimit.length) }
            .joined(separator: "; ")
        for index in reports.indices {
            guard case .unresolved(var reason) = reports[index].answer,
                reason.code == .unauthorized || reason.code == .notFound
            else { continue }
            reason.detail += "; " + notes
            reports[index].answer = .unresolved(reason)
        }
    }
}
