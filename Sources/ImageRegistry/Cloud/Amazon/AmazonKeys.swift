import Basics

/// What requests to Amazon are signed with.
struct AmazonKeys: Sendable {
    var id: String
    var secret: RedactedText
    /// Goes along with keys that end.
    var session: RedactedText?
}
