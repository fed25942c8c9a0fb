import JSON
import PodAdmission

/// What a token server answers (Distribution token specification, "Token Response Fields").
struct TokenResponse: Sendable {
    var token: String
    /// How long it is good for, from now.
    var lifetime: Duration

    /// Reads the document; `token` and `access_token` mean the same, and without `expires_in` it is good for 60 s.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONParser.parse(bytes, limits: JSONLimits(depth: 32, values: 10_000)).object,
            let token = (object["token"] ?? object["access_token"])?.string,
            !token.isEmpty, token.utf8.allSatisfy(\.isASCIIVisible)
        else { return nil }
        self.token = token
        var seconds = 60
        if case .number(let text) = object["expires_in"], let number = Int(text) { seconds = number }
        seconds = min(max(seconds, 1), 86_400)
        // A token that ends while a request is under way costs two requests more.
        lifetime = .seconds(seconds) - min(.seconds(10), .seconds(seconds) / 4)
    }
}
