import JSON
import NIOHTTP1

/// The API server's response to a request.
struct APIResponse: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// The limits for the API server's JSON: a page of 500 large Pods has a million values.
    private static let limits = JSONLimits(values: 8_000_000)

    /// The document in the body.
    ///
    /// - Parameter call: The request, for the message.
    /// - Returns: The document.
    /// - Throws: ``KubernetesAPIError`` with `refused` if the body is not JSON.
    func object(_ call: APICall) throws(KubernetesAPIError) -> JSONValue {
        do throws(JSONError) { return try JSONParser.parse(body, limits: Self.limits) } catch {
            throw KubernetesAPIError(.refused, "\(call.subject): the response is \(error)")
        }
    }

    /// The meaning of a status that is not a success; nil for success.
    ///
    /// A failure's body is a Status (apimachinery, meta/v1), whose reason distinguishes failures with the same code.
    func failure(_ subject: String) -> KubernetesAPIError? {
        guard !(200..<300).contains(status) else { return nil }
        let document = try? JSONParser.parse(body)
        return .status(
            status,
            reason: document?["reason"]?.string,
            subject: subject,
            serverMessage: document?["message"]?.string?.plainText(byteLimit: 2048),
            retryAfter: headers.first(name: "Retry-After").flatMap { UInt16($0) }.map { .seconds($0) }
        )
    }

    /// The texts of the Warning headers, each at most 2 KiB.
    ///
    /// The API server writes `299 - "text"`, with commas between several of them (RFC 7234, 5.5; apimachinery,
    /// pkg/util/net/http.go).
    var warnings: [String] {
        headers["Warning"].flatMap { value in
            var texts: [String] = []
            var text: String.UnicodeScalarView?
            var isEscaped = false
            // A date in quotes may follow the text.
            var isDate = false
            for scalar in value.unicodeScalars {
                switch (text, scalar) {
                case (nil, "\""): text = String.UnicodeScalarView()
                case (nil, ","): isDate = false
                case (nil, _): break
                case (_?, _) where isEscaped:
                    text?.append(scalar)
                    isEscaped = false
                case (_?, "\\"): isEscaped = true
                case (let whole?, "\""):
                    if !isDate { texts.append(String(whole).plainText(byteLimit: 2048)) }
                    isDate = true
                    text = nil
                case (_?, _): text?.append(scalar)
                }
            }
            return texts
        }
    }
}
