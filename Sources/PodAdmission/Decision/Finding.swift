import JSON

/// What becomes of a request because of a finding.
public enum FindingAction: String, Sendable, Equatable, CaseIterable {
    /// The request is refused.
    case deny
    /// The request is admitted with a warning.
    case warn
    /// Nothing is said.
    case off
}

/// Something about a Pod that will not work as its author expects.
public struct Finding: Sendable, Equatable {
    /// Which check found it.
    public let code: CheckCode
    /// What becomes of the request.
    public var action: FindingAction
    /// The container it is about, or nil for the whole Pod.
    public let container: String?
    /// What is wrong, at most 120 characters.
    public let message: String
    /// What to do about it, at most 120 characters.
    public let remedy: String

    /// Creates a finding; both texts are cleaned and cut to length.
    public init(_ code: CheckCode, action: FindingAction, container: String?, message: String, remedy: String) {
        self.code = code
        self.action = action
        self.container = container
        self.message = message.plainText(limit: 120)
        self.remedy = remedy.plainText(limit: 120)
    }

    /// The finding as one line for `kubectl`, at most 120 characters: the container, the fault, the remedy, the code.
    ///
    /// The API server drops a warning that holds a control character and cuts long ones, so the line is made to fit:
    /// the remedy gives way first, then the message; the code always stays.
    public var warning: String { warning(about: nil) }

    /// The same line about the Pods of a workload, whose name stands in front, since one `kubectl apply` has many.
    public func warning(about workload: String?) -> String {
        let code = " [\(code.rawValue)]"
        let subject = subject(of: workload)
        let room = 120 - code.count - subject.count
        let whole = "\(message); \(remedy)"
        return subject + (whole.count <= room ? whole : message.plainText(limit: max(room, 8))) + code
    }

    /// What the finding is about, at the start of a line.
    func subject(of workload: String?) -> String {
        // Both names together leave room for the message.
        let name = workload.map { "\($0.plainText(limit: 30)): " } ?? ""
        return name + (container.map { "container \"\($0.plainText(limit: workload == nil ? 63 : 24))\": " } ?? "")
    }
}
