import JSON

/// One line of a watch (apimachinery, meta/v1, WatchEvent).
enum WatchEvent: Sendable, Equatable {
    /// An object was made or changed, or is in the selection now.
    case changed(JSONValue, version: String)
    /// An object was removed, or is in the selection no longer.
    case removed(JSONValue, version: String)
    /// Nothing but the version.
    case bookmark(version: String)
    /// The API server cannot go on.
    case failed(KubernetesAPIError)

    /// Reads a line.
    ///
    /// - Throws: ``KubernetesAPIError`` with `refused` where it is no event.
    init(line: [UInt8], subject: String) throws(KubernetesAPIError) {
        let event: JSONValue
        do throws(JSONError) { event = try JSONParser.parse(line) } catch {
            throw KubernetesAPIError(.refused, "\(subject): a line that is \(error)")
        }
        guard let type = event["type"]?.string, let object = event["object"], object.object != nil else {
            throw KubernetesAPIError(.refused, "\(subject): a line that is no event")
        }
        if type == "ERROR" {
            self = .failed(
                .answer(
                    object["code"].flatMap { try? $0.asInt() } ?? 500,
                    reason: object["reason"]?.string,
                    subject: subject,
                    serverMessage: object["message"]?.string?.plainText(byteLimit: 2048)
                )
            )
            return
        }
        guard let version = object["metadata"]?["resourceVersion"]?.string, !version.isEmpty else {
            throw KubernetesAPIError(.refused, "\(subject): an event without a resource version")
        }
        switch type {
        case "ADDED", "MODIFIED": self = .changed(object, version: version)
        case "DELETED": self = .removed(object, version: version)
        case "BOOKMARK": self = .bookmark(version: version)
        default: throw KubernetesAPIError(.refused, "\(subject): an event of an unknown type")
        }
    }
}
