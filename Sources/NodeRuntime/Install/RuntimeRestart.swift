/// Restarts a runtime and waits for it.
struct RuntimeRestart {
    /// What became of it.
    enum Outcome: Equatable {
        /// It is up, and how long that took.
        case up(Duration)
        /// It is not, and why.
        case down(String)
        /// It is, but not as it should be.
        case refused(String)
    }

    let folder: HostFolder
    let commands: any NodeCommands
    /// How long it may take to come up.
    var patience: Duration = .seconds(60)

    /// Restarts `host`'s runtime through `service`.
    ///
    /// It is up when a process that was not there before runs, its socket is there, both still are two seconds later,
    /// the service has not failed, and `complaint` has nothing to say any more.
    func restart(
        _ host: NodeHost,
        _ service: RestartPlan.Service,
        complaint: () -> String? = { nil }
    ) -> Outcome {
        let start = commands.now
        let before = Set(processes(of: host))
        // Where it died, what ran before still names the place: the service manager's namespace outlives it.
        let survey = ServiceManager(folder: folder, commands: commands)
        let beside = before.first ?? service.process
        guard let answer = survey.run(service, "restart", "restart", beside: beside, timeout: .seconds(300)) else {
            return .down("\(service.manager) did not answer")
        }
        guard answer.code == 0 else { return .down("restarting \(service.unit) failed: \(answer.lastLine)") }
        let deadline = commands.now + patience
        var outcome = Outcome.down("it was not looked at")
        while commands.now < deadline {
            outcome = look(host, service, without: before, since: start, complaint)
            if case .up = outcome { return outcome }
            commands.sleep(for: .milliseconds(500))
        }
        return outcome
    }

    private func look(
        _ host: NodeHost,
        _ service: RestartPlan.Service,
        without before: Set<RuntimeProcess>,
        since start: Duration,
        _ complaint: () -> String?
    ) -> Outcome {
        let fresh = Set(processes(of: host)).subtracting(before)
        let name = host.kind.title
        guard !fresh.isEmpty else { return .down("no new process of \(name) within \(patience.components.seconds) s") }
        guard commands.isListening(at: host.kind.socket) else { return .down("nobody answers at \(host.kind.socket)") }
        let time = commands.now - start
        commands.sleep(for: .seconds(2))
        guard let beside = processes(of: host).first(where: fresh.contains),
            commands.isListening(at: host.kind.socket)
        else { return .down("\(name) did not stay up") }
        if service.isSystemd {
            let survey = ServiceManager(folder: folder, commands: commands)
            if survey.run(service, "is-failed", "status", beside: beside)?.code == 0 {
                return .down("the service \(service.unit) has failed")
            }
        }
        return complaint().map { .refused($0) } ?? .up(time)
    }

    private func processes(of host: NodeHost) -> [RuntimeProcess] {
        commands.processes(called: host.kind.processes).filter(host.kind.owns)
    }
}
