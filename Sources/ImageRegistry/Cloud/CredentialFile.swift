import Basics
import JSON
import PodAdmission

/// A token or a few settings in a file.
enum CredentialFile {
    /// The longest that is read, in bytes.
    private static let limit = 64 << 10

    /// The content of the file; nil where it cannot be read, is empty, or is longer than 64 KiB.
    static func bytes(of path: String) -> [UInt8]? {
        guard let bytes = try? BoundedFile.bytes(of: path, limit: limit), !bytes.isEmpty else { return nil }
        return bytes
    }

    /// The token in the file, without the space around it.
    ///
    /// It is read each time that it is needed, since the kubelet puts a new one there before the old one ends.
    ///
    /// - Parameter variable: What names the file; failures say this, for they are shown to those who make Pods.
    static func token(in path: String, of variable: String) throws(RegistryFailure) -> RedactedText {
        guard let token = bytes(of: path).map({ String(decoding: $0, as: UTF8.self).trimmed }), !token.isEmpty,
            token.utf8.allSatisfy(\.isASCIIVisible)
        else {
            throw unreadable(variable)
        }
        return RedactedText(token)
    }

    static func unreadable(_ variable: String) -> RegistryFailure {
        RegistryFailure(.unreachable, "\(variable): its file holds no token that can be read")
    }
}
