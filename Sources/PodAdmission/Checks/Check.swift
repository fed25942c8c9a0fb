/// One row of the table of checks: what a code means to people.
public struct Check: Sendable {
    /// The stable code.
    public let code: CheckCode
    /// What becomes of a request where no policy says otherwise.
    public let defaultAction: FindingAction
    /// When the check speaks, in one line.
    public let reason: String
    /// What to do then, in one line.
    public let remedy: String

    /// The default action of the check `code`.
    public static func defaultAction(of code: CheckCode) -> FindingAction { .deny }
}
