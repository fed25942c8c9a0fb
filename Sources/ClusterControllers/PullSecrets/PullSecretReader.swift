import Basics
public import ImageRegistry
import JSON
public import KubernetesAPI
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Reads pull secrets as the kubelet would use them: each by `get` with its name, when a Pod names it.
///
/// Nothing is listed or watched, so that a RoleBinding in one namespace is all the right that its secrets take. A secret
/// that cannot be read is a note in the answer and not an error, since the kubelet passes over missing secrets too. The
/// requests run in ``run()``, each once however many Pods wait for it.
public final class PullSecretReader: PullSecretReading, Service, Sendable {
    typealias Get = @Sendable (ObjectPath) async throws(KubernetesAPIError) -> JSONValue

    /// How many secrets of one Pod are looked at; each is a request while the API server waits.
    private static let mostSecrets = 8

    private let get: Get
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sleepUntil: @Sendable (ContinuousClock.Instant) async throws -> Void
    private let cache = Mutex(PullSecretCache())
    private let requests = SingleFlight<PullSource, Void, PullSecretResult>()

    /// Creates a reader.
    ///
    /// - Parameter client: Asked with the verb `get`, for `secrets` and `serviceaccounts`.
    public convenience init(client: KubernetesClient) {
        self.init(get: { path throws(KubernetesAPIError) in try await client.get(path) })
    }

    init(
        get: @escaping Get,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        sleepUntil: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = {
            try await Task.sleep(until: $0, clock: .continuous)
        }
    ) {
        self.get = get
        self.now = now
        self.sleepUntil = sleepUntil
    }

    /// Makes the requests that are asked for, until the group's shutdown.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await requests.run(
                { source, _ in await self.read(source) },
                abandoned: { _ in .unusable(.failed(.timeout)) }
            )
        } onGracefulShutdown: {
            self.requests.stop()
        }
        // A service that returns ends its group.
        try? await gracefulShutdown()
    }

    /// The credentials that a Pod's pull secrets hold, in the Pod's order.
    ///
    /// Where the Pod names no secret, those of its service account count, as for the API server's ServiceAccount
    /// plugin (kubernetes, plugin/pkg/admission/serviceaccount/admission.go).
    /// - Parameters:
    ///   - query: Which secrets.
    ///   - deadline: When the answer has to be there; what is not read by then is a note.
    public func credentials(_ query: PullSecretsQuery, deadline: ContinuousClock.Instant) async -> PullCredentials {
        var unread: [String] = []
        var names = query.imagePullSecrets
        if names.isEmpty, let account = query.serviceAccountName {
            let source = PullSource.serviceAccount(namespace: query.namespace, name: account)
            switch await answers(for: [source], deadline: deadline)[source] {
            case .secretNames(let given): names = given
            case let answer: unread.append(Self.note(on: source, answer))
            }
        }
        var seen: Set<PullSource> = []
        let all = names.map { PullSource.secret(namespace: query.namespace, name: $0) }.filter {
            seen.insert($0).inserted
        }
        let sources = Array(all.prefix(Self.mostSecrets))
        let answers = await answers(for: sources, deadline: deadline)
        var secrets: [DockerConfiguration] = []
        for source in sources {
            switch answers[source] {
            case .credentials(let found): secrets.append(found)
            case let answer: unread.append(Self.note(on: source, answer))
            }
        }
        if all.count > sources.count {
            unread.append("\(all.count - sources.count) more secrets: only \(Self.mostSecrets) of a Pod are looked at")
        }
        return PullCredentials(secrets, unread: unread)
    }

    /// Answers to all sources, side by side; those are left out that are not there by the deadline.
    private func answers(
        for sources: [PullSource],
        deadline: ContinuousClock.Instant
    ) async -> [PullSource: PullSecretResult] {
        let time = now()
        var answers = cache.withLock { cache in
            sources.reduce(into: [:]) { $0[$1] = $1.hasObjectName ? cache.find($1, at: time) : .unusable(.missing) }
        }
        let missing = sources.filter { answers[$0] == nil }
        guard !missing.isEmpty else { return answers }
        let sleepUntil = sleepUntil
        await withTaskGroup(of: (PullSource, PullSecretResult)?.self) { group in
            for source in missing {
                group.addTask { await self.requests.join(source, ())?.value().map { (source, $0) } }
            }
            group.addTask {
                try? await sleepUntil(deadline)
                return nil
            }
            while answers.count < sources.count, case (let source, let answer)?? = await group.next() {
                answers[source] = answer
            }
            group.cancelAll()
        }
        return answers
    }

    /// Makes the request for one source, and keeps its answer.
    private func read(_ source: PullSource) async -> PullSecretResult {
        // Another request may have ended since the cache was asked.
        if let kept = cache.withLock({ $0.find(source, at: now()) }) { return kept }
        do throws(KubernetesAPIError) {
            let object = try await get(source.path)
            let answer = PullSecretResult(object, of: source)
            cache.withLock { $0.keep(answer, cost: Self.cost(of: object), for: source, at: now()) }
            return answer
        } catch {
            let answer = PullSecretResult(error)
            // A request that was cut off says nothing of the object.
            if !Task.isCancelled { cache.withLock { $0.keep(answer, cost: 0, for: source, at: now()) } }
            return answer
        }
    }

    /// The memory that what is kept of an object may take, in bytes, by estimate.
    private static func cost(of object: JSONValue) -> Int {
        let data = object["data"]?.object?.members.map { $0.value.string?.utf8.count ?? 0 } ?? []
        let names = object["imagePullSecrets"]?.array?.map { 32 + ($0["name"]?.string?.utf8.count ?? 0) } ?? []
        return (data + names).reduce(512, +)
    }

    private static func note(on source: PullSource, _ answer: PullSecretResult?) -> String {
        guard case .unusable(let failure) = answer else { return "\(source.subject): not read in time" }
        return "\(source.subject): \(failure.note)"
    }
}
