import JSON
import NIOHTTP1

extension APIResponse {
    /// The texts of the Warning headers: `299 - "text"`, several of them with commas between, as the API server writes
    /// them (RFC 7234, 5.5; apimachinery, pkg/util/net/http.go).
    var warnings: [String] {
        headers["Warning"].flatMap { value in
            var texts: [String] = []
            var text: String.UnicodeScalarView?
            var isEscaped = false
            // Behind the text there may be a date, in quotes as well.
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
