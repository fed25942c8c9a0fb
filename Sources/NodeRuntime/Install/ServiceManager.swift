/// Finds out how a runtime is restarted.
struct ServiceManager {
    let folder: HostFolder
    let commands: any NodeCommands

    /// How `host`'s runtime is restarted.
    func plan(for host: NodeHost) -> RestartPlan {
        guard let process = host.processes.first else {
            return .byHand(reason: "no \(host.kind.title) runs here that this program can see")
        }
        let managers = [
            "/usr/bin/systemctl", "/bin/systemctl", "/sbin/rc-service", "/usr/sbin/rc-service", "/bin/rc-service",
            "/usr/bin/rc-service",
        ]
        guard let manager = managers.first(where: folder.exists) else {
            return .byHand(reason: "there is no service manager here")
        }
        for unit in host.kind.units {
            let service = RestartPlan.Service(manager: manager, unit: unit, process: process)
            guard let answer = run(service, "is-active", "status", beside: process) else { break }
            if answer.code == 0 { return .service(service) }
        }
        return .byHand(reason: "no service of the name \(host.kind.units.joined(separator: " or ")) is active")
    }

    /// Asks a service manager: with systemd's word or with OpenRC's.
    func run(
        _ service: RestartPlan.Service,
        _ systemd: String,
        _ openRC: String,
        beside process: RuntimeProcess,
        timeout: Duration = .seconds(30)
    ) -> CommandOutput? {
        let words = service.isSystemd ? [systemd, service.unit] : [service.unit, openRC]
        return commands.run(beside: process, [service.manager] + words, timeout: timeout)
    }
}
