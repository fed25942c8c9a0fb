/// The labels of a cluster's namespaces: those from the watch, and those fetched one by one before the watch has them.
///
/// Labels never expire: old labels of a namespace are better than none.
struct NamespaceLabels: Sendable, Equatable {
    private struct Fetched: Sendable, Equatable {
        var labels: [String: String]
        var at: ContinuousClock.Instant
    }

    private var watched: [String: [String: String]] = [:]
    private var fetched: [String: Fetched] = [:]

    /// How long fetched labels are used without fetching them again, while the watch does not have the namespace.
    static let freshness = Duration.seconds(30)

    /// The knowledge about a namespace.
    enum Lookup: Sendable, Equatable {
        /// Labels to use.
        case fresh([String: String])
        /// Labels to use only if the API server does not answer.
        case stale([String: String])
        /// No labels are known.
        case unknown
    }

    /// The knowledge about the namespace `name` at `now`.
    func find(_ name: String, at now: ContinuousClock.Instant) -> Lookup {
        if let labels = watched[name] { return .fresh(labels) }
        guard let answer = fetched[name] else { return .unknown }
        return now - answer.at < Self.freshness ? .fresh(answer.labels) : .stale(answer.labels)
    }

    /// Stores labels that were fetched from the API server, unless the watch has the namespace by now.
    mutating func store(_ labels: [String: String], of name: String, at now: ContinuousClock.Instant) {
        if watched[name] == nil { fetched[name] = Fetched(labels: labels, at: now) }
    }

    /// Replaces all namespaces of the watch, given as labels by name; drops the fetched ones.
    mutating func replace(with namespaces: [String: [String: String]]) {
        watched = namespaces
        fetched = [:]
    }

    /// Sets the labels that the watch reports of the namespace `name`; removes the namespace if they are nil.
    mutating func set(_ name: String, labels: [String: String]?) {
        watched[name] = labels
        fetched[name] = nil
    }
}
