import NIOCore
import NIOPosix
import NIOSSL

extension RunningServer {
    /// The certificate that a new connection is shown.
    func servedCertificate() async throws -> NIOSSLCertificate? {
        let context = try NIOSSLContext(configuration: tls())
        let shown = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: NIOSSLCertificate?.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: "localhost",
                        customVerificationCallback: { chain, promise in
                            shown.succeed(chain.first)
                            promise.succeed(.certificateVerified)
                        }
                    )
                    try channel.pipeline.syncOperations.addHandler(tls)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.closeFuture.whenComplete { _ in shown.fail(ChannelError.eof) }
        let certificate = try await shown.futureResult.get()
        try? await channel.close()
        return certificate
    }
}
