import PodAdmission

/// What a review is about, as far as it matters: a bounded set, fit for a metric's label.
enum AdmissionSubject: String, CaseIterable {
    /// A Pod, or a subresource of one.
    case pod
    /// An object with the template of Pods.
    case workload
    /// Anything else.
    case other

    /// Looks at the request's kind.
    init(_ request: AdmissionRequest) {
        if request.isPod {
            self = .pod
        } else if request.subresource == nil, Workload.isKind(request.kind, group: request.group) {
            self = .workload
        } else {
            self = .other
        }
    }
}
