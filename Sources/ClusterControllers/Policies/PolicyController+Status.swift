import Basics
import JSON
import KubernetesAPI
import Logging
import PodAdmission
import Synchronization

extension PolicyController {
    /// How often a status is written against others who write it at the same time.
    private static let attempts = 8

    /// Writes what is due; what the API server does not take is due again with the next flush.
    func writeDueStatuses() async {
        for item in state.withLock({ $0.work.takeDue() }) {
            do throws(KubernetesAPIError) {
                try await write(item)
            } catch {
                let isThere = state.withLock { state in
                    let isThere = error.code != .notFound && state.store.entries[item.name] != nil
                    if isThere { state.work.putBack(item) }
                    return isThere
                }
                guard isThere else { continue }
                logger.warning(
                    "the status of a policy was not written",
                    metadata: ["policy": "\(item.name)", "error": "\(error)"]
                )
            }
        }
    }

    /// Adds to the status as it is, so that what several replicas counted adds up.
    ///
    /// The update names the version that was read; where another replica was faster, it is read again. Conditions are
    /// those of this replica: where replicas differ, since one that started later never saw the last good version, the
    /// later one writes last.
    private func write(_ item: StatusWork.Item) async throws(KubernetesAPIError) {
        let path = ObjectPath(.wasmPolicies, name: item.name)
        for attempt in 1... {
            let read = try await client.get(path)
            guard var object = read.object, let entry = state.withLock({ $0.store.entries[item.name] }) else { return }
            // Another version, or another object of the name, is still to be told of by the watch.
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
                await tell(problem, of: entry.identity)
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

    /// Makes an Event, as the replica whose update said first that this version does not validate.
    private func tell(_ problem: String, of identity: ObjectIdentity) async {
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
            logger.debug("an Event was not taken", metadata: ["policy": "\(identity.name)", "error": "\(error)"])
        }
    }
}
