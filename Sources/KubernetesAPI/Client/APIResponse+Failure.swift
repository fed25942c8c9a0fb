import JSON
import NIOHTTP1

extension APIResponse {
    /// What the answer means where it is no success; nil for success.
    ///
    /// The body of a failure is a Status (apimachinery, meta/v1), whose reason tells apart what one code stands for.
    func failure(_ subject: String) -> KubernetesAPIError? {
        guard !(200..<300).contains(status) else { return nil }
        let document = try? JSONParser.parse(body)
        return .answer(
            status,
            reason: document?["reason"]?.string,
            subject: subject,
            serverMessage: document?["message"]?.string?.plainText(byteLimit: 2048),
            retryAfter: headers.first(name: "Retry-After").flatMap { UInt16($0) }.map { .seconds($0) }
        )
    }
}

extension KubernetesAPIError {
    /// What a code and a Status' reason mean.
    static func answer(
        _ status: Int,
        reason: String?,
        subject: String,
        serverMessage: String? = nil,
        retryAfter: Duration? = nil
    ) -> KubernetesAPIError {
        let (code, words): (Code, String) =
            switch status {
            case 400, 422: (.invalid, "the API server finds it not valid")
            case 401: (.unauthenticated, "the credential is not taken")
            case 403: (.forbidden, "the user may not, or an admission plugin forbids it; look at its ClusterRole")
            case 404: (.notFound, "there is no such object")
            case 409 where reason == "AlreadyExists": (.alreadyExists, "there is one of this name")
            case 409: (.conflict, "it was changed meanwhile; read it again")
            case 410: (.gone, "the resource version is too old; list again")
            case 429: (.tooManyRequests, "the API server wants to be asked later")
            case 504: (.timeout, "the API server ran out of time")
            default: (.refused, "the API server answers \(status)")
            }
        return KubernetesAPIError(
            code,
            "\(subject): \(words)",
            serverMessage: serverMessage,
            retryAfter: retryAfter
        )
    }
}
