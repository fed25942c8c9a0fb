package import HTTPTypes
package import Hummingbird
package import JSON
import NIOCore

extension Response {
    /// A response with a JSON document.
    package static func json(
        _ value: JSONValue,
        _ status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = headers[.contentType] ?? "application/json"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: value.compactText))
        )
    }

    /// A response with a JSON document and the status code `code`.
    package static func json(_ value: JSONValue, code: Int) -> Response {
        .json(value, HTTPResponse.Status(code: code))
    }
}
