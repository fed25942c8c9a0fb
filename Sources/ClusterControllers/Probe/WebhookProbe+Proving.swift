import Basics
import KubernetesAPI
import Logging
import ServiceLifecycle
import Synchronization

extension WebhookProbe {
    /// Proves, until the task is cancelled or its group shuts down.
    public func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await self.clock.sleep(self.pacing.first)
            while true {
                await self.learnOfOthers()
                let answer = await self.ask()
                try Task.checkCancellation()
                let outcome = ProbeOutcome(answer)
                self.settle(outcome, words: answer.words)
                try await self.clock.sleep(self.pacing.pause(after: outcome))
            }
        }
    }

    /// Looks for other replicas, as long as it counts.
    private func learnOfOthers() async {
        guard state.withLock({ $0.readiness.isOpen(at: clock.now()) }) else { return }
        let hasOthers = await clock.withTimeout(pacing.limit) { try await self.calls.hasOthers() }
        state.withLock { $0.readiness.learn(hasOthers: hasOthers ?? false) }
    }

    /// One dry run.
    private func ask() async -> Result<KubernetesResponse, KubernetesAPIError> {
        let answer = await clock.withTimeout(pacing.limit) { () -> Result<KubernetesResponse, KubernetesAPIError> in
            do throws(KubernetesAPIError) { return .success(try await self.calls.probe()) } catch {
                return .failure(error)
            }
        }
        return answer ?? .failure(KubernetesAPIError(.timeout, "no answer to the self-proof in time"))
    }

    private func settle(_ outcome: ProbeOutcome, words: String?) {
        let (level, isNew) = state.withLock { state -> (Logger.Level, Bool) in
            state.readiness.record(outcome)
            // Before the first replica of all is ready, nobody can answer.
            let isStarting = state.readiness.isOpen(at: clock.now())
            let level: Logger.Level = outcome == .proven ? .info : isStarting ? .warning : .error
            defer { (state.outcome, state.level) = (outcome, level) }
            return (level, state.outcome != outcome || state.level != level)
        }
        metrics.record(outcome)
        if isNew {
            var metadata: Logger.Metadata = ["outcome": "\(outcome.label)", "meaning": "\(outcome.explanation)"]
            if outcome != .proven, let words { metadata["words"] = "\(String(words.prefix(300)))" }
            logger.log(level: level, "self-proof", metadata: metadata)
        }
        onOutcome(outcome)
    }
}

extension Result<KubernetesResponse, KubernetesAPIError> {
    /// What the API server says of a refusal; cleaned and bounded already.
    fileprivate var words: String? {
        if case .failure(let error) = self { error.serverMessage } else { nil }
    }
}
