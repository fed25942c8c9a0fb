import Basics
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
                return "sha512:" + hash.finalize().hexadecimal
            }
            var hash = SHA256()
            hash.update(bufferPointer: buffer)
            return "sha256:" + hash.finalize().hexadecimal
        }
    }
}
