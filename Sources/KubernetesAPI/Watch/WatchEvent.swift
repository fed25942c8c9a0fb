import JSON

/// One line of a watch (apimachinery, meta/v1, WatchEvent).
enum WatchEvent: Sendable, Equatable {
    /// An object was created or changed, or the selection now includes it.
    case changed(JSONValue, version: String)
    /// An object was deleted, or the selection no longer includes it.
    case removed(JSONValue, version: String)
    /// A new resource version without a change.
    case bookmark(version: String)
    /// The API server cannot continue the watch.
    case failed(KubernetesAPIError)

    /// Reads a line.
    ///
    /// - Parameters:
    ///   - line: The line's bytes.
    ///   - subject: The request, for messages.
    /// - Throws: ``KubernetesAPIError`` with `refused` if the line is not an event.
    init(line: [UInt8], subject: String) throws(KubernetesAPIError) {
        let event: JSONValue
        do throws(JSONError) { event = try JSONParser.parse(line) } catch {
            throw KubernetesAPIError(.refused, "\(subject): a line is \(error)")
        }
        guard let type = event["type"]?.string, let object = event["object"], object.object != nil else {
            throw KubernetesAPIError(.refused, "\(subject): a line is not an event")
        }
        if type == "ERROR" {
            self = .failed(
                .status(
                    object["code"].flatMap { try? $0.asInt() } ?? 500,
                    reason: object["reason"]?.string,
                    subject: subject,
                    serverMessage: object["message"]?.string?.plainText(byteLimit: 2048)
                )
            )
            return
        }
        guard let version = object["metadata"]?["resourceVersion"]?.string, !version.isEmpty else {
            throw KubernetesAPIError(.refused, "\(subject): an event has no resource version")
        }
        switch type {
        case "ADDED", "MODIFIED": self = .changed(object, version: version)
        case "DELETED": self = .removed(object, version: version)
        case "BOOKMARK": self = .bookmark(version: version)
        default: throw KubernetesAPIError(.refused, "\(subject): an event has an unknown type")
        }
    }
}
