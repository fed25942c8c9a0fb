/// Whether the runtimes for some engines are installed on a node.
public struct NodeStatus: Sendable {
    /// The state of one engine.
    public struct Engine: Sendable {
        /// The engine.
        public let engine: WasmEngine
        /// The bundle on the host; nil if there is none or it is unusable.
        public let bundle: RuntimeBundle?
        /// The fault of the bundle.
        public let bundleProblem: String?
        /// Whether the configuration defines the handler correctly.
        public let isConfigured: Bool
        /// The fault of the configuration.
        public let configProblem: String?

        /// Whether the bundle is usable and the handler is configured.
        public var isRight: Bool { bundle != nil && isConfigured }
    }

    /// The host.
    public let host: NodeHost
    /// The state of each engine.
    public let engines: [Engine]
    /// The notes for the operator.
    public let notes: [NodeNote]

    /// Whether every engine is installed correctly.
    public var isRight: Bool { engines.allSatisfy(\.isRight) }

    /// The ID of the runtime's first process; nil if no process is visible.
    public var process: Int32? { host.processes.first?.id }
}
