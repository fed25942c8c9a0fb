public import NIOCore

/// What is sent back for one review.
public struct HTTPReply: Sendable {
    /// The HTTP status: 200 for every review that is one, whatever the decision; 400 for what is none, 503
    /// where too little is known to decide.
    public let status: Int
    /// The body's media type.
    public let contentType: String
    /// A review in JSON, or one line that says why there is none.
    public let body: ByteBuffer

    static func review(_ bytes: [UInt8]) -> HTTPReply {
        HTTPReply(status: 200, contentType: "application/json", body: ByteBuffer(bytes: bytes))
    }

    static func unavailable(_ reason: String) -> HTTPReply {
        HTTPReply(status: 503, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: reason + "\n"))
    }

    static func badRequest(_ reason: String) -> HTTPReply {
        HTTPReply(status: 400, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: reason + "\n"))
    }
}
