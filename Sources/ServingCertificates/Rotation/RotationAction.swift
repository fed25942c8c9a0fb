/// The next thing to do about the CA.
enum RotationAction: Sendable, Equatable {
    /// Why a CA is made anew.
    enum Cause: String, Sendable {
        /// There is no Secret.
        case absent
        /// The Secret holds no CA.
        case empty
        /// The CA has expired.
        case expired
        /// The CA cannot be read.
        case unreadable
    }

    /// Why a successor is made.
    enum Occasion: String, Sendable {
        /// Two thirds of the CA's life are over.
        case age
        /// A person asks.
        case request
    }

    /// Write a new CA.
    case create(Cause)
    /// Write what was known before, with a successor, so that nothing stops being trusted at once.
    case restore(AuthorityRecord, Cause)
    /// A person has to mend the Secret; what there is goes on.
    case wait(CertificateError)
    /// Write the Secret without what cannot be used in it.
    case repair([String])
    /// Write the caBundles.
    case publish
    /// Write a successor, which does not sign yet.
    case stage(Occasion)
    /// Write that the successor signs.
    case promote
    /// Write the Secret without the earlier CAs.
    case dropPrevious
    /// All is as it should be, or a settling caBundle is waited for.
    case nothing
}
