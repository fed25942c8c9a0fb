import Basics
import JSON
import KubernetesAPI
import Logging
import PodAdmission
import ServiceLifecycle
import Synchronization

/// Writes the status of WasmPolicies: the conditions of a new version at once, the counts of Pods with a flush.
final class PolicyStatusWriter: Sendable {
    /// Returns the entry of the ``PolicyController`` for the policy of this name; nil if the policy was removed.
    typealias Entries = @Sendable (_ name: String) -> PolicyStore.Entry?

    /// How often a status is written if other clients write it at the same time.
    private static let attempts = 8
    /// How long the last update may take when the server stops.
    static let shutdownLimit = Duration.seconds(2)

    private let client: KubernetesClient
    private let instance: String
    private let logger: Logger
    private let clock: TimeSource
    private let queue = Mutex(StatusQueue())
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// Creates a writer, which sends no request before ``run(entries:)``.
    ///
    /// - Parameters:
    ///   - client: Gets policies, replaces their status, and creates Events.
    ///   - instance: The replica's name, the `reportingInstance` of the Events.
    ///   - logger: Logs each status that was not written.
    ///   - clock: The time of conditions and Events, and of the pauses between attempts.
    init(client: KubernetesClient, instance: String, logger: Logger, clock: TimeSource) {
        self.client = client
        self.instance = instance
        self.logger = logger
        self.clock = clock
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Counts a Pod that was decided under the policy `name`; the count is written with the next flush.
    func countPod(under name: String) { queue.withLock { $0.countPod(under: name) } }

    /// Queues the policies that changed, after the change of their entries, and writes them at once.
    func add(_ changes: [String: PolicyStore.Change]) {
        guard !changes.isEmpty else { return }
        queue.withLock { $0.add(changes) }
        wake.yield()
    }

    /// Writes the counts of Pods, and what could not be written before.
    func flush() {
        queue.withLock { $0.flush() }
        wake.yield()
    }

    /// Writes the updates that are due until graceful shutdown, then all pending ones, in two seconds at most.
    func run(entries: @escaping Entries) async {
        for await _ in wakeUps.cancelOnGracefulShutdown() { await writeDue(entries) }
        queue.withLock { $0.flush() }
        await clock.withTimeout(Self.shutdownLimit) { await self.writeDue(entries) }
    }

    /// Writes the updates that are due; an update that the API server does not accept is due again with the next flush.
    private func writeDue(_ entries: Entries) async {
        for item in queue.withLock({ $0.takeDue() }) {
            do throws(KubernetesAPIError) {
                try await write(item, entries)
            } catch {
                guard error.code != .notFound, putBack(item, entries) else { continue }
                logger.warning(
                    "the status of a policy was not written",
                    metadata: ["policy": "\(item.name)", "error": "\(error)"]
                )
            }
        }
    }

    /// Puts an update back unless its policy is gone.
    ///
    /// - Returns: Whether the policy is still there.
    private func putBack(_ item: StatusQueue.Item, _ entries: Entries) -> Bool {
        queue.withLock { $0.putBack(item) }
        // In this order, since a removal drops the entry first and the update second.
        guard entries(item.name) == nil else { return true }
        queue.withLock { $0.remove(item.name) }
        return false
    }

    /// Adds an update to the current status, so that the counts of several replicas add up.
    ///
    /// The request names the version that was read; on a conflict it reads and writes again. The conditions are those
    /// of this replica. Replicas can differ, because one that started later never saw the last valid version; then the
    /// last writer wins.
    private func write(_ item: StatusQueue.Item, _ entries: Entries) async throws(KubernetesAPIError) {
        let path = ObjectPath(.wasmPolicies, name: item.name)
        for attempt in 1... {
            let read = try await client.get(path)
            guard var object = read.object, let entry = entries(item.name) else { return }
            // A newer version, or a new object of the same name, has its own update once the watch reports it.
            let identity = ObjectIdentity(read)
            guard identity?.uid == entry.identity.uid else { return }
            let status = item.hasNewVersion && identity == entry.identity ? PolicyStatus(entry) : nil
            let old = object["status"]
            let new = Self.status(old, with: status, adding: item.pods, at: clock.unixTime())
            guard new != old else { return }
            object["status"] = new
            do throws(KubernetesAPIError) {
                let target = ObjectPath(.wasmPolicies, name: item.name, subresource: "status")
                _ = try await client.replace(.object(object), at: target)
            } catch  where error.code == .conflict && attempt < Self.attempts {
                try? await clock.sleep(.milliseconds(Int.random(in: 10...100) * attempt))
                continue
            }
            if let status, let problem = status.problem, !status.isReportedInvalid(in: old) {
                await createEvent(problem, of: entry.identity)
            }
            return
        }
    }

    private static func status(
        _ old: JSONValue?,
        with status: PolicyStatus?,
        adding pods: Int,
        at unixTime: Int
    ) -> JSONValue? {
        let new = status.map { $0.applied(to: old, at: unixTime) } ?? old
        guard pods > 0 else { return new }
        var object = new?.object ?? JSONObject()
        let before = (try? object["podsDecided"]?.asInt()) ?? 0
        object["podsDecided"] = .number(String(before + pods))
        return .object(object)
    }

    /// Creates an Event, on the one replica whose update was the first to report that this version does not validate.
    private func createEvent(_ problem: String, of identity: ObjectIdentity) async {
        let subject = KubernetesEvent.Subject(
            apiVersion: WasmPolicy.apiVersion,
            kind: "WasmPolicy",
            name: identity.name,
            uid: identity.uid
        )
        let message = "generation \(identity.generation): \(problem)"
        let event = KubernetesEvent(.invalidPolicy, severity: .warning, of: subject, message: message)
        do throws(KubernetesAPIError) {
            let object = event.object(named: event.newName(), at: clock.unixTime(), instance: instance)
            _ = try await client.create(object, as: .events, namespace: event.namespace)
        } catch {
            logger.debug(
                "the API server did not accept an Event",
                metadata: ["policy": "\(identity.name)", "error": "\(error)"]
            )
        }
    }
}
