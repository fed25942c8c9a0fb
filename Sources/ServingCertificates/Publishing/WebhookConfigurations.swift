/// What was found of the two webhook configurations.
struct WebhookConfigurations: Sendable {
    /// Those that are there and could be read.
    var found: [WebhookKind: PublishedBundles] = [:]
    /// Those that could not be read, so that nobody knows what they say.
    var unread: Set<WebhookKind> = []

    /// Whether all hold exactly `bundle`; nil where that is not known.
    func areRight(_ bundle: [AuthorityCertificate]) -> Bool? {
        guard found.values.allSatisfy({ $0.wrong(bundle).isEmpty }) else { return false }
        return unread.isEmpty ? true : nil
    }
}
