/// Restarts a container runtime and waits until it runs.
struct RuntimeRestart {
    /// The result of a restart.
    enum Outcome: Equatable {
        /// The runtime runs, after this time.
        case up(Duration)
        /// The runtime does not run, for this reason.
        case down(String)
        /// The runtime runs, but its configuration has this fault.
        case refused(String)
    }

    let folder: HostFolder
    let commands: any HostCommands
    /// The time within which the runtime has to start.
    var patience: Duration = .seconds(60)

    /// Restarts the runtime of `host` through `service`.
    ///
    /// The runtime runs if there is a process that was not there before, its socket accepts connections, both are still
    /// there two seconds later, the service has not failed, and `complaint` returns nil.
    ///
    /// - Parameters:
    ///   - host: The host.
    ///   - service: The service of the runtime.
    ///   - complaint: The fault of the configuration after the start; called until it returns nil or the time is over.
    /// - Returns: The outcome.
    func restart(
        _ host: NodeHost,
        _ service: RestartPlan.Service,
        complaint: () -> String? = { nil }
    ) -> Outcome {
        let start = commands.now
        let before = Set(commands.processes(of: host.kind))
        let manager = ServiceManager(of: service, commands: commands)
        // If no process runs, the one from the plan still leads to the namespaces: see SystemCommands.
        guard let result = manager.restart(service, beside: before.first ?? service.process) else {
            return .down("\(service.manager) could not be run, or did not end in time")
        }
        guard result.code == 0 else { return .down("restarting \(service.unit) failed: \(result.lastLine)") }
        let deadline = commands.now + patience
        var outcome = Outcome.down("the time was over before the first check")
        while commands.now < deadline {
            outcome = check(host, service, manager, without: before, since: start, complaint)
            if case .up = outcome { return outcome }
            commands.sleep(for: .milliseconds(500))
        }
        return outcome
    }

    private func check(
        _ host: NodeHost,
        _ service: RestartPlan.Service,
        _ manager: ServiceManager,
        without before: Set<RuntimeProcess>,
        since start: Duration,
        _ complaint: () -> String?
    ) -> Outcome {
        let new = Set(commands.processes(of: host.kind)).subtracting(before)
        let name = host.kind.title
        guard !new.isEmpty else { return .down("no new process of \(name) within \(patience.components.seconds) s") }
        guard commands.isListening(at: host.kind.socket) else {
            return .down("\(host.kind.socket) accepts no connections")
        }
        let time = commands.now - start
        commands.sleep(for: .seconds(2))
        guard let process = commands.processes(of: host.kind).first(where: new.contains),
            commands.isListening(at: host.kind.socket)
        else { return .down("\(name) ended within two seconds") }
        if manager.hasFailed(service, beside: process) { return .down("the service \(service.unit) has failed") }
        return complaint().map { .refused($0) } ?? .up(time)
    }
}
