import HTTPTypes
import HummingbirdCore
import NIOCore

extension Response {
    /// A response in one piece, which is written in one piece.
    static func whole(_ status: HTTPResponse.Status, contentType: String, body: ByteBuffer) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.contentLength] = String(body.readableBytes)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// One line to people.
    static func text(_ status: HTTPResponse.Status, _ text: String, allow: String? = nil) -> Response {
        var response = whole(status, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
        if let allow { response.headers[.allow] = allow }
        return response
    }
}
