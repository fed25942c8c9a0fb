import Crypto
import PodAdmission

/// Digests of content, as OCI's image-spec writes them ("Digests").
enum ContentDigest {
    /// The digest of `bytes` with the algorithm of `like`; sha256 where there is none to be like.
    static func of(_ bytes: [UInt8], like: String? = nil) -> String {
        bytes.withUnsafeBytes { buffer in
            if like?.hasPrefix("sha512:") == true {
                var hash = SHA512()
                hash.update(bufferPointer: buffer)
                return "sha512:" + hexadecimal(hash.finalize())
            }
            var hash = SHA256()
            hash.update(bufferPointer: buffer)
            return "sha256:" + hexadecimal(hash.finalize())
        }
    }

    private static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in digest { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
