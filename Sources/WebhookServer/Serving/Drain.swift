import Logging
import ServiceLifecycle

/// The first service to be told to stop: it takes the server out of the Service's endpoints before anything closes.
///
/// Kubernetes sends SIGTERM and removes the endpoint at the same time, and kube-proxy and the API server learn of it
/// a little later; until then requests still come and are still answered, each with `Connection: close`.
struct Drain: Service {
    let readiness: Readiness
    let load: ServerLoad
    let delay: Duration
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        readiness.startDraining()
        load.startDraining()
        guard !Task.isCancelled, delay > .zero else { return }
        logger.info("shutting down", metadata: ["delay": "\(delay)"])
        try? await Task.sleep(for: delay)
    }
}
