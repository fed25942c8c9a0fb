import AsyncHTTPClient
import NIOCore

/// One watch of the API server: its request and the reading of its events.
struct WatchRequest: Sendable {
    /// The way a watch ended.
    enum End: Sendable {
        /// Its time was over, or the connection broke after the start.
        case ended
        /// The API server did not accept it.
        case refused(KubernetesAPIError)
        /// The API server sent data that is not an event.
        case broken(KubernetesAPIError)
    }

    /// The longest line of a watch in bytes: etcd accepts objects of up to 1.5 MiB by default.
    private static let longestLine = 4 << 20

    let options: ListOptions
    /// The resource version that the watch starts after.
    let version: String
    /// The time after which the API server ends the watch, in seconds.
    let seconds: Int

    /// Sends the request and reads events until the API server or the connection ends the watch.
    ///
    /// - Parameters:
    ///   - transport: The connections to the API server.
    ///   - onStart: Called once when the API server accepts the watch.
    ///   - onEvent: Called for each event, in order; false ends the watch.
    /// - Returns: The way the watch ended.
    func run(
        on transport: APITransport,
        onStart: () -> Void,
        onEvent: (WatchEvent) -> Bool
    ) async -> End {
        let call: APICall
        let response: HTTPClientResponse
        do throws(KubernetesAPIError) {
            call = try makeCall()
            response = try await transport.open(call)
        } catch {
            return .refused(error)
        }
        onStart()
        do {
            for try await line in response.body.splitLines(maximumBufferSize: Self.longestLine) {
                let event = try WatchEvent(line: Array(line.readableBytesView), subject: call.subject)
                guard onEvent(event) else { break }
            }
            return .ended
        } catch let error as KubernetesAPIError {
            return .broken(error)
        } catch is ByteToMessageDecoderError.PayloadTooLargeError {
            let words = "\(call.subject): a line has more than \(Self.longestLine) bytes"
            return .broken(KubernetesAPIError(.refused, words))
        } catch {
            return .ended
        }
    }

    private func makeCall() throws(KubernetesAPIError) -> APICall {
        var call = APICall.get(try options.path())
        call.accept = options.watchType
        call.query = [
            ("watch", "1"), ("resourceVersion", version), ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", String(seconds)),
        ]
        return call
    }
}
