/// The host's service manager, systemd or OpenRC, used through its program.
struct ServiceManager {
    private let program: String
    private let commands: any HostCommands

    /// Finds the service manager of a host; nil if it has neither `systemctl` nor `rc-service`.
    init?(folder: HostFolder, commands: any HostCommands) {
        let programs = [
            "/usr/bin/systemctl", "/bin/systemctl", "/sbin/rc-service", "/usr/sbin/rc-service", "/bin/rc-service",
            "/usr/bin/rc-service",
        ]
        guard let program = programs.first(where: folder.exists) else { return nil }
        self.program = program
        self.commands = commands
    }

    /// The service manager of a planned restart.
    init(of service: RestartPlan.Service, commands: any HostCommands) {
        program = service.manager
        self.commands = commands
    }

    private var isSystemd: Bool { program.hasSuffix("systemctl") }

    /// The first active service with one of these names.
    ///
    /// - Parameters:
    ///   - units: The names.
    ///   - process: A process in whose namespaces the service manager runs.
    /// - Returns: The service; nil if none is active or the service manager cannot be run.
    func activeService(of units: [String], beside process: RuntimeProcess) -> RestartPlan.Service? {
        for unit in units {
            guard let result = run("is-active", "status", unit, process) else { return nil }
            if result.code == 0 { return RestartPlan.Service(manager: program, unit: unit, process: process) }
        }
        return nil
    }

    /// Restarts a service, within 300 seconds.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - process: A process in whose namespaces the service manager runs.
    /// - Returns: The program's result; nil if it cannot be run.
    func restart(_ service: RestartPlan.Service, beside process: RuntimeProcess) -> CommandOutput? {
        run("restart", "restart", service.unit, process, timeout: .seconds(300))
    }

    /// Whether systemd reports that a service has failed; OpenRC has no such command.
    func hasFailed(_ service: RestartPlan.Service, beside process: RuntimeProcess) -> Bool {
        isSystemd && run("is-failed", "status", service.unit, process)?.code == 0
    }

    private func run(
        _ systemd: String,
        _ openRC: String,
        _ unit: String,
        _ process: RuntimeProcess,
        timeout: Duration = .seconds(30)
    ) -> CommandOutput? {
        let words = isSystemd ? [systemd, unit] : [unit, openRC]
        return commands.run(beside: process, [program] + words, timeout: timeout)
    }
}
