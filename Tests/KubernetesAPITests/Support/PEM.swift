import FoundationEssentials
import NIOSSL
import TestSupport

extension SelfSigned {
    /// The key in PEM form (RFC 5915).
    var keyPEM: String {
        let text = Data((try? key.derBytes) ?? []).base64EncodedString()
        return "-----BEGIN EC PRIVATE KEY-----\n\(text)\n-----END EC PRIVATE KEY-----\n"
    }
}

extension String {
    /// The text in base64.
    var base64: String { Data(utf8).base64EncodedString() }
}
