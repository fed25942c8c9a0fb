import JSON
import KubernetesAPI
import PodAdmission
import Synchronization

extension PullSecretReader {
    private enum Boarding {
        case kept(PullSecretResult)
        case wait(AsyncStream<PullSecretResult>)
        case read
    }

    /// The answer to one source, by one request however many wait for it; nil where the caller is cancelled first.
    ///
    /// The request belongs to the caller that came first. Where that one gives up, the next one of those who wait makes
    /// a request of its own, so that nobody's answer hangs on another's deadline.
    func answer(for source: PullSource) async -> PullSecretResult? {
        guard source.hasObjectName else { return .unusable(.missing) }
        while !Task.isCancelled {
            switch board(source) {
            case .kept(let answer): return answer
            case .read: return await read(source)
            case .wait(let landing):
                for await answer in landing { return answer }
            }
        }
        return nil
    }

    private func board(_ source: PullSource) -> Boarding {
        let time = now()
        return state.withLock { state in
            // Another request may have ended since the cache was asked.
            if let answer = state.cache.find(source, at: time) { return .kept(answer) }
            guard state.flights[source] != nil else {
                state.flights[source] = []
                return .read
            }
            let (landing, continuation) = AsyncStream.makeStream(
                of: PullSecretResult.self,
                bufferingPolicy: .bufferingNewest(1)
            )
            state.flights[source]?.append(continuation)
            return .wait(landing)
        }
    }

    /// Makes the request, keeps its answer and tells it to those who wait.
    private func read(_ source: PullSource) async -> PullSecretResult? {
        var answer: PullSecretResult?
        var cost = 0
        do throws(KubernetesAPIError) {
            let object = try await get(source.path)
            cost = Self.cost(of: object)
            answer = PullSecretResult(object, of: source)
        } catch {
            // A request that was cut off says nothing of the object.
            if !Task.isCancelled { answer = PullSecretResult(error) }
        }
        let time = now()
        let waiting = state.withLock { state in
            if let answer { state.cache.keep(answer, cost: cost, for: source, at: time) }
            return state.flights.removeValue(forKey: source) ?? []
        }
        for continuation in waiting {
            if let answer { continuation.yield(answer) }
            continuation.finish()
        }
        return answer
    }

    /// The memory that what is kept of an object may take, in bytes, by estimate.
    private static func cost(of object: JSONValue) -> Int {
        let data = object["data"]?.object?.members.map { $0.value.string?.utf8.count ?? 0 } ?? []
        let names = object["imagePullSecrets"]?.array?.map { 32 + ($0["name"]?.string?.utf8.count ?? 0) } ?? []
        return (data + names).reduce(512, +)
    }
}
