/// What was found where the Secret should be.
enum StoredAuthority: Sendable, Equatable {
    /// There is no Secret.
    case absent
    /// There is one without a CA, such as a person makes who lets Polypod update one Secret and create none.
    case empty
    /// It holds a CA that cannot be used.
    case unusable(CertificateError)
    /// It holds a CA; `damage` names what else in it cannot be read.
    case record(AuthorityRecord, damage: [String])
}
