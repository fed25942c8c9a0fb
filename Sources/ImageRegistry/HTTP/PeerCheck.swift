import NIOCore

/// Looks at the address that a connection really has, before any request is written to it.
///
/// This closes the hole that a check of names leaves: a name that had a public address when it was looked up and has
/// another when it is connected to (google/go-containerregistry#2440).
enum PeerCheck {
    /// The connection's peer is one that the rules forbid.
    struct Forbidden: Error {}

    /// A function for `HTTPClient.Configuration.http1_1ConnectionDebugInitializer`, which runs between the connection
    /// (its TLS handshake included) and its first request.
    ///
    /// The result fails first and the channel is closed afterwards: the pool takes a connection that closes before its
    /// failure was reported for one that it does not know, and traps.
    static func initializer(rules: AddressRules) -> @Sendable (any Channel) -> EventLoopFuture<Void> {
        { channel in
            if let text = channel.remoteAddress?.ipAddress, let address = IPAddress(text.prefix { $0 != "%" }),
                rules.allows(address)
            {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            channel.eventLoop.execute { channel.close(promise: nil) }
            return channel.eventLoop.makeFailedFuture(Forbidden())
        }
    }
}
