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

    /// Whether another credential may help.
    ///
    /// Registries say of what one may not see that it is not there; the kubelet goes on as well.
    var isRefusal: Bool { code == .unauthorized || code == .notFound }

    /// The same refusal, where a cloud's credential was to be tried and could not be had.
    ///
    /// While the cloud cannot say who we are, the registry's refusal says nothing about answers of earlier.
    func without(_ cloud: CloudProvider, because failure: RegistryFailure) -> RegistryFailure {
        let detail = "\(reason.detail); no credential of \(cloud.rawValue): \(failure.reason.detail)"
        return RegistryFailure(failure.allowsStaleAnswer ? failure.code : code, detail)
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
