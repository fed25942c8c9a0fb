import AsyncHTTPClient
import NIOCore
import NIOHTTP1

extension KubernetesClient {
    /// Why a watch is over.
    enum WatchEnd: Sendable {
        /// Its time was over, or the connection broke while it stood.
        case ended
        /// It was not accepted.
        case refused(KubernetesAPIError)
        /// It said what cannot be understood.
        case broken(KubernetesAPIError)
    }

    /// The longest line of a watch: an object is at most what etcd takes, 1.5 MiB by default.
    static var longestLine: Int { 4 << 20 }

    /// Watches a selection until the API server or the connection ends it.
    ///
    /// - Parameters:
    ///   - onStart: called once the watch is accepted.
    ///   - onEvent: called for each event, in order; false ends the watch.
    func watch(
        _ selection: ListOptions,
        version: String,
        seconds: Int,
        onStart: () -> Void,
        onEvent: (WatchEvent) -> Bool
    ) async -> WatchEnd {
        let call: APICall
        let response: HTTPClientResponse
        do throws(KubernetesAPIError) {
            call = try Self.watchCall(selection, version: version, seconds: seconds)
            response = try await start(call)
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
            let words = "\(call.subject): a line of more than \(Self.longestLine) bytes"
            return .broken(KubernetesAPIError(.refused, words))
        } catch {
            return .ended
        }
    }

    private static func watchCall(
        _ selection: ListOptions,
        version: String,
        seconds: Int
    ) throws(KubernetesAPIError) -> APICall {
        var call = APICall.get(try selection.path(), query: selection.query)
        call.accept = selection.watchType
        call.query += [
            ("watch", "1"), ("resourceVersion", version), ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", String(seconds)),
        ]
        return call
    }

    /// The head of a watch's answer.
    private func start(_ call: APICall) async throws(KubernetesAPIError) -> HTTPClientResponse {
        let response = try await authenticated(call) { request throws(KubernetesAPIError) -> HTTPClientResponse in
            do { return try await watches.execute(request, deadline: .now() + TimeAmount(timeout)) } catch {
                throw failure(error, call)
            }
        } isRefused: {
            $0.status == .unauthorized
        }
        let status = Int(response.status.code)
        guard !(200..<300).contains(status) else { return response }
        let body = try? await response.body.collect(upTo: 1 << 20)
        let answer = APIResponse(
            status: status,
            headers: response.headers,
            body: body.map { Array($0.readableBytesView) } ?? []
        )
        throw answer.failure(call.subject) ?? lateness(call)
    }
}
