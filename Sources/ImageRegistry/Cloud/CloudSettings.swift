import Basics
import Logging

/// What all clouds' credentials are got by.
struct CloudSettings: Sendable {
    /// How long getting one may take, with all its requests.
    var deadline = Duration.seconds(2)
    /// How long it is not tried again after a failure.
    var pause = Duration.seconds(10)
    /// Whether the metadata server of GKE may be asked.
    var usesMetadataServer = false
    /// What stands in for the clouds in a test.
    var standIn: CloudStandIn?
    var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    /// Seconds of Unix time, for signatures.
    var unixTime: @Sendable () -> Int = UnixTime.seconds
    var logger = Logger(label: "polypod.registry", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// What stands in for the clouds in a test; no option and no variable leads to one.
struct CloudStandIn: Sendable {
    /// Gets the requests to all hosts of clouds, with the host in front of the path.
    var origin: Origin
    /// Hosts of registries by those that images name in their place.
    var hosts: [String: String] = [:]
}
