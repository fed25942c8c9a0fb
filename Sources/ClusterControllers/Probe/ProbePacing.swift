/// When the next proof is tried.
struct ProbePacing: Sendable {
    /// How long one request may take.
    ///
    /// Where packets are lost, the API server waits for the mutating webhook and then for the validating one, five
    /// seconds each (timeoutSeconds in deploy/webhook/base), before it says that it cannot reach them. Whoever hangs up
    /// by then never hears it, and would take the fault for the API server's own.
    var limit = Duration.seconds(14)
    /// How long after the start the first one is tried, when the server listens.
    var first = Duration.seconds(1)
    /// How long to wait where there is nothing to find out soon.
    var usual = Duration.seconds(30)
    /// How long to wait where the webhooks are not at work, which has to be noticed, and its end too, before long.
    var short = Duration.seconds(10)
    /// A factor around 1 that keeps replicas apart.
    var jitter: @Sendable () -> Double = { Double.random(in: 0.9...1.1) }

    /// How long to wait after `outcome`.
    func pause(after outcome: ProbeOutcome) -> Duration {
        let pause = outcome.isOwnFault ? short : usual
        return max(.seconds(5), pause * jitter())
    }
}
