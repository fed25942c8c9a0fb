/// The next action of the CA's rotation.
enum RotationAction: Sendable, Equatable {
    /// The reason for a new CA.
    enum Cause: String, Sendable {
        /// The Secret does not exist.
        case absent
        /// The Secret contains no CA.
        case empty
        /// The CA has expired.
        case expired
        /// The CA is not readable.
        case unreadable
    }

    /// The reason for a successor.
    enum Occasion: String, Sendable {
        /// Two thirds of the CA's lifetime are over.
        case age
        /// A person requests it.
        case request
    }

    /// Write a new CA.
    case create(Cause)
    /// Write the last known content with a successor, so that the CA in use stays trusted.
    case restore(AuthorityRecord, Cause)
    /// Change nothing until a person fixes the Secret; the known CA stays in use.
    case wait(CertificateError)
    /// Write the Secret without the unusable data under these keys.
    case repair([String])
    /// Write the caBundles.
    case publish
    /// Write a successor, which does not sign yet.
    case stage(Occasion)
    /// Let the successor sign.
    case promote
    /// Write the Secret without the earlier CAs.
    case dropPrevious
    /// Do nothing: all is right, or a caBundle has to settle.
    case nothing
}
