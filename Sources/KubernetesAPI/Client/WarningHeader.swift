import NIOHTTP1

extension APIAnswer {
    /// The texts of the Warning headers: `299 - "text"`, several of them with commas between, as the API server writes
    /// them (RFC 7234, 5.5; apimachinery, pkg/util/net/http.go).
    var warnings: [String] {
        headers["Warning"].flatMap { value in
            var texts: [String] = []
            var text: [Unicode.Scalar]?
            var isEscaped = false
            for scalar in value.unicodeScalars {
                switch (text, scalar) {
                case (nil, "\""): text = []
                case (nil, _): break
                case (_?, _) where isEscaped:
                    text?.append(scalar)
                    isEscaped = false
                case (_?, "\\"): isEscaped = true
                case (let whole?, "\""):
                    // What stands behind the text is a date, in quotes as well; nothing before a comma counts.
                    texts.append(String(String.UnicodeScalarView(whole)).plain(limit: 2048))
                    text = nil
                case (_?, _): text?.append(scalar)
                }
            }
            return texts
        }
    }
}
