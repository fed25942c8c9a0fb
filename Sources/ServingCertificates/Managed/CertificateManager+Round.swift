import KubernetesAPI
import Logging
import Synchronization

extension CertificateManager {
    /// The most steps of one round: more than any way through the rotation has that need not wait.
    private static var maximumSteps: Int { 8 }

    /// One look at all there is, and every step that follows from it.
    ///
    /// While the API server does not answer, what there is goes on.
    func round() async {
        for _ in 0..<Self.maximumSteps where await !step() { break }
        renewLeaf()
    }

    /// One step; false where there is nothing more to do now.
    private func step() async -> Bool {
        let leads = isLeader()
        // Before the Secret: a caBundle is then only ever written by a Secret that is newer than what it replaces. A
        // replica that was held up, and leads no more, cannot take a new CA out again.
        let configurations = leads ? await readConfigurations() : WebhookConfigurations()
        let confirmedAt = now()
        let secret: AuthoritySecret
        do throws(KubernetesAPIError) {
            secret = try await readSecret()
            troubles.ended(.readingSecret)
        } catch {
            troubles.began(.readingSecret, "\(error)")
            return false
        }
        let known = state.withLock { $0.known?.record }
        adopt(secret.stored, confirmedAt: confirmedAt)
        renewLeaf()
        guard leads else {
            state.withLock { $0.settling.reset() }
            return false
        }
        let action = rotation.action(
            secret.stored,
            known: known,
            bundles: observe(configurations, secret.stored, now: confirmedAt),
            now: confirmedAt
        )
        // Reading took its time.
        guard isLeader() else { return false }
        return await perform(action, on: secret, configurations)
    }

    private func observe(
        _ configurations: WebhookConfigurations,
        _ stored: StoredAuthority,
        now: Int
    ) -> CertificateRotation.Bundles {
        guard case .record(let record, _) = stored else { return .unknown }
        assess(configurations, record.bundle)
        return state.withLock { state in
            state.settling.observe(
                isRight: configurations.areRight(record.bundle),
                bundle: record.bundle,
                now: now
            )
        }
    }

    private func perform(
        _ action: RotationAction,
        on secret: AuthoritySecret,
        _ configurations: WebhookConfigurations
    ) async -> Bool {
        switch action {
        case .nothing:
            troubles.ended(.authority)
            troubles.ended(.writingSecret)
            return false
        case .wait(let error):
            troubles.began(.authority, "\(error)", level: .error)
            return false
        case .publish:
            guard case .record(let record, _) = secret.stored else { return false }
            return await publish(record.bundle, to: configurations)
        case .create, .restore, .repair, .stage, .promote, .dropPrevious:
            return await perform(action, on: secret)
        }
    }

    private func perform(_ action: RotationAction, on secret: AuthoritySecret) async -> Bool {
        let record: AuthorityRecord
        do throws(CertificateError) {
            guard let changed = try change(secret, by: action) else { return false }
            record = changed
        } catch {
            troubles.began(.authority, "\(error)", level: .error)
            return false
        }
        do throws(KubernetesAPIError) {
            try await write(record, over: secret)
        } catch {
            // Somebody else's step may make this one needless; the next round sees.
            troubles.began(.writingSecret, "\(error)", isLostRace: error.isLostRace)
            return false
        }
        troubles.ended(.writingSecret)
        announce(action, record)
        return true
    }
}
