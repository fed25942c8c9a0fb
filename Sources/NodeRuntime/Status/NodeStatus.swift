/// How a node stands with regard to some engines.
public struct NodeStatus: Sendable {
    /// One engine's state.
    public struct Engine: Sendable {
        /// The engine.
        public let engine: WasmEngine
        /// Its bundle on the host; nil where there is none that works.
        public let bundle: RuntimeBundle?
        /// What is wrong with the bundle.
        public let bundleProblem: String?
        /// Whether the configuration defines the handler as it should.
        public let isConfigured: Bool
        /// What is wrong with the configuration.
        public let configProblem: String?

        /// Whether all is there.
        public var isRight: Bool { bundle != nil && isConfigured }
    }

    /// The host.
    public let host: NodeHost
    /// The engines.
    public let engines: [Engine]
    /// What a person should know.
    public let notes: [NodeNote]

    /// Whether all is there for every engine.
    public var isRight: Bool { engines.allSatisfy(\.isRight) }

    /// The number of the runtime's first process; nil where it does not run.
    public var process: Int32? { host.processes.first?.id }
}

extension Planner {
    /// How the node stands with regard to `engines`.
    ///
    /// - Throws: why the host cannot be read.
    public func status(of engines: [WasmEngine], kind: HostKind? = nil) throws(NodeError) -> NodeStatus {
        let host = try survey.host(kind)
        let check = RuntimeCheck(folder: folder, commands: commands)
        var states: [NodeStatus.Engine] = []
        var notes: [NodeNote] = []
        for engine in engines {
            var bundle: RuntimeBundle?
            var bundleProblem: String?
            do throws(NodeError) {
                let place = try folder.resolve(engine.folder)
                if folder.exists(place) {
                    bundle = try RuntimeBundle(folder: folder.local(place), engine: engine)
                } else {
                    bundleProblem = "\(place): is not there"
                }
            } catch {
                bundleProblem = error.message
            }
            var problem: String?
            do throws(NodeError) {
                let plan = try configuration(of: host, adding: [engine])
                notes += plan.notes
                let isThere = try configuration(of: host, removing: [engine]).files.contains { !$0.isBackup }
                if plan.files.contains(where: { !$0.isBackup }) {
                    problem = isThere ? "is there and not as it should be: install again" : "is not there"
                } else if case .refused(let reason) = check.ask(host, for: [engine]) {
                    problem = reason
                }
            } catch {
                problem = error.description
            }
            states.append(
                NodeStatus.Engine(
                    engine: engine,
                    bundle: bundle,
                    bundleProblem: bundleProblem,
                    isConfigured: problem == nil,
                    configProblem: problem
                )
            )
        }
        if states.contains(where: \.isConfigured) { notes += pending(host, engines) }
        return NodeStatus(host: host, engines: states, notes: notes + HostNotes(folder: folder, host: host).all)
    }
}
