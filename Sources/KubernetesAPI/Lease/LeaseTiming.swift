/// How long a lease holds and how often it is renewed; the defaults are those of Kubernetes' own controllers
/// (component-base, config/v1alpha1/defaults.go).
struct LeaseTiming: Sendable, Equatable {
    /// After so long without a renewal another one may take it.
    var duration: Duration = .seconds(15)
    /// After so long without a renewal its holder gives it up itself.
    var renewDeadline: Duration = .seconds(10)
    /// How often it is renewed, or looked at by those who wait.
    var retryPeriod: Duration = .seconds(2)
    /// How long one request may take: both that a renewal needs end before the deadline.
    var requestTimeout: Duration { renewDeadline / 3 }
}
