import PodAdmission

/// The failure of a request or a look-up.
struct RegistryFailure: Error, Sendable, Equatable {
    /// The reason that users and policies see.
    var reason: UnresolvedReason
    /// How long the registry asks for no requests; nil if it does not ask.
    var retryAfter: Duration?
    /// Whether no connection could be opened, so that nothing on this host works.
    var isConnectionFailure = false

    init(_ code: UnresolvedReason.Code, _ detail: String, retryAfter: Duration? = nil) {
        reason = UnresolvedReason(code, detail)
        self.retryAfter = retryAfter
    }

    /// The failure to open a connection.
    static func connection(_ code: UnresolvedReason.Code, _ detail: String) -> RegistryFailure {
        var failure = RegistryFailure(code, detail)
        failure.isConnectionFailure = true
        return failure
    }

    /// The failure of a registry or another server, named by its host, that did not respond before the deadline.
    static func noResponse(from host: String) -> RegistryFailure {
        RegistryFailure(.deadline, "\(host): no response in time")
    }

    var code: UnresolvedReason.Code { reason.code }

    /// Whether the registry itself failed; false for failures of one image or one credential.
    var isOutage: Bool {
        switch code {
        case .unreachable, .tls, .registryError, .deadline: true
        default: false
        }
    }

    /// Whether another credential can help.
    ///
    /// Many registries respond with 404 if the client may not see the image. The kubelet tries the next credential too.
    var isRefusal: Bool { code == .unauthorized || code == .notFound }

    /// Adds to this refusal that there was no credential from a cloud.
    ///
    /// If the cloud has an outage, the result has the code of the outage: a refusal without the cloud's credential does
    /// not make old answers wrong.
    func without(_ cloud: CloudProvider, because failure: RegistryFailure) -> RegistryFailure {
        let detail = "\(reason.detail); no credential from \(cloud.rawValue): \(failure.reason.detail)"
        return RegistryFailure(failure.allowsStaleAnswer ? failure.code : code, detail)
    }

    /// Whether a stale answer may be served instead of this failure.
    ///
    /// It must not be served if the registry responded that the image does not exist or that access is denied.
    var allowsStaleAnswer: Bool {
        switch code {
        case .notFound, .unauthorized, .badReference, .forbiddenAddress: false
        default: true
        }
    }
}
