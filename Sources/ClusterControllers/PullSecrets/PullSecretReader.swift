import Basics
public import ImageRegistry
import JSON
public import KubernetesAPI
public import PodAdmission
public import ServiceLifecycle
import Synchronization

/// Reads the pull secrets of Pods, each by name with the verb `get` when an admission needs it.
///
/// It lists and watches no secrets, so that a RoleBinding in one namespace is enough for the secrets of that namespace. A
/// secret that cannot be read is a note in the result and not an error, because the kubelet ignores missing secrets too.
/// The requests run in ``run()``; Pods that need the same secret at the same time share one request.
public final class PullSecretReader: PullSecretReading, Service, Sendable {
    typealias Get = @Sendable (ObjectPath) async throws(KubernetesAPIError) -> JSONValue

    /// The limit on secrets of one Pod, because each is a request while the API server waits.
    private static let secretLimit = 8

    private let get: Get
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sleepUntil: @Sendable (ContinuousClock.Instant) async throws -> Void
    private let cache = Mutex(PullSecretCache())
    private let requests = SingleFlight<PullSource, Void, PullSecretResult>()

    /// Creates a reader.
    ///
    /// - Parameter client: The client, which needs the verb `get` for `secrets` and `serviceaccounts`.
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

    /// Sends the requests for ``credentials(_:deadline:)`` until the service group shuts down; it throws no error.
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

    /// Reads the credentials in a Pod's pull secrets.
    ///
    /// A Pod that names no secret gets those of its service account, as from the API server's ServiceAccount plugin
    /// (kubernetes, plugin/pkg/admission/serviceaccount/admission.go).
    ///
    /// - Parameters:
    ///   - query: The names of the secrets and of the service account.
    ///   - deadline: The time by which to return; a secret that is not read by then is a note.
    /// - Returns: The credentials in the order of the Pod, and a note for each secret that could not be read.
    public func credentials(_ query: PullSecretsQuery, deadline: ContinuousClock.Instant) async -> PullCredentials {
        var unread: [String] = []
        var names = query.imagePullSecrets
        if names.isEmpty, let account = query.serviceAccountName {
            let source = PullSource.serviceAccount(namespace: query.namespace, name: account)
            switch await results(for: [source], deadline: deadline)[source] {
            case .secretNames(let found): names = found
            case let result: unread.append(Self.note(on: source, result))
            }
        }
        var seen: Set<PullSource> = []
        let all = names.map { PullSource.secret(namespace: query.namespace, name: $0) }.filter {
            seen.insert($0).inserted
        }
        let sources = Array(all.prefix(Self.secretLimit))
        let results = await results(for: sources, deadline: deadline)
        var secrets: [DockerConfiguration] = []
        var isForbidden = false
        for source in sources {
            switch results[source] {
            case .credentials(let found): secrets.append(found)
            case let result:
                if case .unusable(.forbidden) = result { isForbidden = true }
                unread.append(Self.note(on: source, result))
            }
        }
        if all.count > sources.count {
            unread.append(
                "\(all.count - sources.count) more secrets: only the first \(Self.secretLimit) of a Pod are read"
            )
        }
        // The namespace's name is that of the request, and can be anything if the API server did not send it.
        let remedy = "kubectl -n \(query.namespace.plainText(limit: 63)) apply -f deploy/webhook/pull-secrets.yaml"
        return PullCredentials(secrets, unread: unread, remedy: isForbidden ? remedy : nil)
    }

    /// Reads all sources at the same time; the result has no entry for a source that is not read by the deadline.
    private func results(
        for sources: [PullSource],
        deadline: ContinuousClock.Instant
    ) async -> [PullSource: PullSecretResult] {
        let time = now()
        var results = cache.withLock { cache in
            sources.reduce(into: [:]) { $0[$1] = $1.hasObjectName ? cache.find($1, at: time) : .unusable(.missing) }
        }
        let missing = sources.filter { results[$0] == nil }
        guard !missing.isEmpty else { return results }
        let sleepUntil = sleepUntil
        await withTaskGroup(of: (PullSource, PullSecretResult)?.self) { group in
            for source in missing {
                group.addTask { await self.requests.join(source, ())?.value().map { (source, $0) } }
            }
            group.addTask {
                try? await sleepUntil(deadline)
                return nil
            }
            while results.count < sources.count, case (let source, let result)?? = await group.next() {
                results[source] = result
            }
            group.cancelAll()
        }
        return results
    }

    /// Sends the request for one source and caches the result.
    private func read(_ source: PullSource) async -> PullSecretResult {
        // Another request for it may have ended since the look-up in the cache.
        if let cached = cache.withLock({ $0.find(source, at: now()) }) { return cached }
        do throws(KubernetesAPIError) {
            let object = try await get(source.path)
            let result = PullSecretResult(object, of: source)
            cache.withLock { $0.insert(result, cost: Self.cost(of: object), for: source, at: now()) }
            return result
        } catch {
            let result = PullSecretResult(error)
            // The error of a cancelled request is not about the object.
            if !Task.isCancelled { cache.withLock { $0.insert(result, cost: 0, for: source, at: now()) } }
            return result
        }
    }

    /// The estimated memory of an object's result, in bytes.
    private static func cost(of object: JSONValue) -> Int {
        let data = object["data"]?.object?.members.map { $0.value.string?.utf8.count ?? 0 } ?? []
        let names = object["imagePullSecrets"]?.array?.map { 32 + ($0["name"]?.string?.utf8.count ?? 0) } ?? []
        return (data + names).reduce(512, +)
    }

    private static func note(on source: PullSource, _ result: PullSecretResult?) -> String {
        guard case .unusable(let failure) = result else { return "\(source.subject): not read in time" }
        return "\(source.subject): \(failure.note)"
    }
}
