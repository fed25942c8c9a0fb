/// The labels of a cluster's namespaces: those that the watch told, and those that were asked for in between.
///
/// They count however old they are: what was known of a namespace is better than nothing.
struct NamespaceLabels: Sendable, Equatable {
    private struct Asked: Sendable, Equatable {
        var labels: [String: String]
        var at: ContinuousClock.Instant
    }

    private var watched: [String: [String: String]] = [:]
    private var asked: [String: Asked] = [:]

    /// How long an answer counts without being asked for again, while the watch does not know the namespace.
    static let freshness = Duration.seconds(30)

    /// What is known of a namespace.
    enum Found: Sendable, Equatable {
        /// These labels.
        case known([String: String])
        /// These labels, if the API server does not answer.
        case old([String: String])
        /// Nothing.
        case unknown
    }

    /// What is known of the namespace `name`.
    func find(_ name: String, at now: ContinuousClock.Instant) -> Found {
        if let labels = watched[name] { return .known(labels) }
        guard let answer = asked[name] else { return .unknown }
        return now - answer.at < Self.freshness ? .known(answer.labels) : .old(answer.labels)
    }

    /// The API server has answered that the namespace `name`, which the watch did not know, has these labels.
    mutating func keep(_ name: String, labels: [String: String], at now: ContinuousClock.Instant) {
        if watched[name] == nil { asked[name] = Asked(labels: labels, at: now) }
    }

    /// These are all the namespaces, by name, with their labels.
    mutating func replace(with namespaces: [String: [String: String]]) {
        watched = namespaces
        asked = [:]
    }

    /// The namespace `name` has these labels, or is gone where they are nil.
    mutating func set(_ name: String, labels: [String: String]?) {
        watched[name] = labels
        asked[name] = nil
    }
}
