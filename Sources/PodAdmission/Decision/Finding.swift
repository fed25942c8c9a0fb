import JSON

/// The effect of a finding on the request.
public enum FindingAction: String, Sendable, Equatable, CaseIterable {
    /// The request is denied.
    case deny
    /// The request is admitted with a warning.
    case warn
    /// The check does not run.
    case off
}

/// A problem that a check found in a Pod.
public struct Finding: Sendable, Equatable {
    /// The code of the check.
    public let code: CheckCode
    /// The effect on the request.
    public var action: FindingAction
    /// The name of the container; nil for the whole Pod.
    public let container: String?
    /// The problem, at most 120 characters.
    public let message: String
    /// How to fix it, at most 120 characters.
    public let remedy: String

    /// Creates a finding; removes control characters from both texts and cuts them to 120 characters.
    ///
    /// - Parameters:
    ///   - code: The code of the check.
    ///   - action: The effect on the request.
    ///   - container: The name of the container; nil for the whole Pod.
    ///   - message: The problem.
    ///   - remedy: How to fix it.
    public init(_ code: CheckCode, action: FindingAction, container: String?, message: String, remedy: String) {
        self.code = code
        self.action = action
        self.container = container
        self.message = message.plainText(limit: 120)
        self.remedy = remedy.plainText(limit: 120)
    }

    /// The finding as one line for `kubectl`, at most 120 characters: the container, the problem, the remedy, the code.
    ///
    /// The API server drops a warning with a control character and cuts long ones. If the line is too long, it has no
    /// remedy, and then a shorter message; the code always stays.
    public var warning: String { warning(about: nil) }

    /// The same line with the name of a workload in front, because one `kubectl apply` can have many workloads.
    public func warning(about workload: String?) -> String {
        let code = " [\(code.rawValue)]"
        let subject = subject(of: workload)
        let room = 120 - code.count - subject.count
        let whole = "\(message); \(remedy)"
        return subject + (whole.count <= room ? whole : message.plainText(limit: max(room, 8))) + code
    }

    /// The workload and the container, for the start of a line.
    func subject(of workload: String?) -> String {
        // The limits leave room for the message.
        let name = workload.map { "\($0.plainText(limit: 30)): " } ?? ""
        return name + (container.map { "container \"\($0.plainText(limit: workload == nil ? 63 : 24))\": " } ?? "")
    }
}
