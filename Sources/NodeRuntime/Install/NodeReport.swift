/// What became of a plan.
public struct NodeReport: Sendable {
    /// What became of the restart.
    public enum Restart: Equatable, Sendable {
        /// Nothing that the runtime reads has changed.
        case notNeeded
        /// The runtime is up again.
        case done(unit: String, time: Duration)
        /// It was not asked for.
        case leftOut
        /// A person has to do it, and why.
        case byHand(reason: String)
    }

    /// What was done.
    public let plan: NodePlan
    /// What became of the restart.
    public let restart: Restart
    /// What a person should know.
    public let notes: [NodeNote]

    /// Whether the runtime was seen to run with the configuration as it is now.
    public var isTakenUp: Bool {
        switch restart {
        case .done: true
        case .notNeeded: !plan.host.processes.isEmpty
        case .leftOut, .byHand: false
        }
    }

    /// Whether a person has to do something for the change to take effect.
    public var isUnfinished: Bool {
        if case .byHand = restart { true } else { false }
    }
}
