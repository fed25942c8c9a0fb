import PodAdmission

/// Why a request or a look-up gave nothing, with what the registry asked for.
struct RegistryFailure: Error, Sendable, Equatable {
    /// The reason that people and policies see.
    var reason: UnresolvedReason
    /// How long the registry wants to be left alone.
    var retryAfter: Duration?

    init(_ code: UnresolvedReason.Code, _ detail: String, retryAfter: Duration? = nil) {
        reason = UnresolvedReason(code, detail)
        self.retryAfter = retryAfter
    }

    var code: UnresolvedReason.Code { reason.code }

    /// Whether it speaks against the registry itself rather than against one image or one credential.
    var isOutage: Bool {
        switch code {
        case .unreachable, .tls, .registryError, .deadline: true
        default: false
        }
    }

    /// Whether an answer of earlier may be served in its place: not where the registry said that the image is gone or
    /// closed to us, for then the old answer is wrong or not ours any more.
    var allowsStaleAnswer: Bool {
        switch code {
        case .notFound, .unauthorized, .badReference, .forbiddenAddress: false
        default: true
        }
    }
}
