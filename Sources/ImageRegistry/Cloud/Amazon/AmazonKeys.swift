/// What requests to Amazon are signed with.
struct AmazonKeys: Sendable {
    var id: String
    var secret: Secret
    /// Goes along with keys that end.
    var session: Secret?
}
