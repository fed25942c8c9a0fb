import Basics
import Crypto

/// Signature Version 4 for a request to the root path of an AWS service, without a query.
///
/// The source is "Create a signed AWS API request" in the IAM User Guide
/// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
struct AmazonSignature: Sendable {
    var keys: AmazonKeys
    var region: String
    var service: String
    /// The Unix time of the request, in seconds.
    var unixTime: Int

    /// Signs a request.
    ///
    /// - Parameters:
    ///   - headers: The headers of the request.
    ///   - method: The HTTP method.
    ///   - host: The host of the service.
    ///   - body: The body of the request.
    /// - Returns: The headers to add. The signature covers them, `headers` and the host.
    func headers(
        signing headers: [(name: String, value: String)],
        method: String,
        host: String,
        body: String
    ) -> [(name: String, value: String)] {
        let time = Self.time(unixTime)
        let day = String(time.prefix(8))
        var added = [("X-Amz-Date", time)]
        if let session = keys.session { added.append(("X-Amz-Security-Token", session.value)) }
        let signed = (headers + added + [("Host", host)])
            .map { (name: $0.name.lowercased(), value: $0.value) }
            .sorted { $0.name < $1.name }
        let names = signed.map(\.name).joined(separator: ";")
        let lines = [method, "/", ""] + signed.map { "\($0.name):\($0.value)" } + ["", names, Self.hash(body)]
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = ["AWS4-HMAC-SHA256", time, scope, Self.hash(lines.joined(separator: "\n"))]
        let signature = Self.code(text.joined(separator: "\n"), key: key(day: day))
        let value =
            "AWS4-HMAC-SHA256 Credential=\(keys.id)/\(scope), SignedHeaders=\(names), Signature=\(signature.hexadecimal)"
        return added + [("Authorization", value)]
    }

    private func key(day: String) -> SymmetricKey {
        [day, region, service, "aws4_request"].reduce(SymmetricKey(data: Array("AWS4\(keys.secret.value)".utf8))) {
            SymmetricKey(data: Self.code($1, key: $0))
        }
    }

    private static func code(_ text: String, key: SymmetricKey) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    }

    private static func hash(_ text: String) -> String { SHA256.hash(data: Array(text.utf8)).hexadecimal }

    /// The time in the format of the signature, such as `20150830T123600Z`.
    static func time(_ unixTime: Int) -> String {
        Timestamp(seconds: unixTime).text(.seconds).filter { $0 != "-" && $0 != ":" }
    }
}

/// AWS access keys.
struct AmazonKeys: Sendable {
    var id: String
    var secret: RedactedText
    /// The session token of temporary keys.
    var session: RedactedText?
}
