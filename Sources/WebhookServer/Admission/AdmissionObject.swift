import JSON
import NIOCore
import PodAdmission

/// The object of a request, read as far as a decision needs it.
///
/// The JSON of a dense Pod takes twenty times the size of its text, and an admission can wait seconds for registries.
/// Therefore the JSON is not kept.
enum AdmissionObject: Sendable {
    /// There is no object, as for a deletion, or it is of a kind that Polypod does not decide on.
    case none
    /// A Pod, and the Pod before an update.
    case pod(Pod, old: Pod?)
    /// A workload, the workload before an update, and the document with the workload.
    case workload(Workload, before: Workload?, document: WorkloadDocument)
    /// An object that does not have the form of its kind.
    case unreadable(FieldError)

    /// Reads the object of a request.
    ///
    /// - Parameters:
    ///   - request: The member `request` of the review.
    ///   - subject: What the object is.
    ///   - namespace: The namespace of the request.
    ///   - body: The whole review, to read a large document again.
    init(_ request: JSONObject, subject: AdmissionSubject, namespace: String, body: ByteBuffer) {
        guard let object = Self.present(request["object"]) else {
            self = .none
            return
        }
        let old = Self.present(request["oldObject"])
        do throws(FieldError) {
            switch subject {
            case .pod: self = .pod(try Pod(object), old: try old.map { old throws(FieldError) in try Pod(old) })
            case .workload:
                guard let workload = try Self.workload(object, namespace: namespace) else {
                    self = .none
                    return
                }
                let before = try old.flatMap { old throws(FieldError) in
                    try Self.workload(old, namespace: namespace)
                }
                let isLarge = body.readableBytes > AdmissionHandler.largeReview
                self = .workload(workload, before: before, document: isLarge ? .review(body) : .parsed(object))
            case .other: self = .none
            }
        } catch {
            self = .unreadable(error)
        }
    }

    /// Returns nil for `null`, which the API server sends for an absent object.
    private static func present(_ value: JSONValue?) -> JSONValue? {
        guard let value, value != .null else { return Optional.none }
        return value
    }

    /// Reads a workload with the namespace of the request, because the object may have none.
    private static func workload(_ object: JSONValue, namespace: String) throws(FieldError) -> Workload? {
        var workload = try Workload(object)
        workload?.pod.metadata.namespace = namespace
        return workload
    }
}

/// The document of a workload, to which an evaluation applies its patch.
enum WorkloadDocument: Sendable {
    /// The document.
    case parsed(JSONValue)
    /// The review that contains it, because the document is large.
    case review(ByteBuffer)

    /// The document; it is read again from a review.
    ///
    /// - Throws: `FieldError` if the review cannot be read, although it was read before.
    func read() throws(FieldError) -> JSONValue {
        switch self {
        case .parsed(let document): return document
        case .review(let body):
            let review = body.withUnsafeReadableBytes { try? JSONParser.parse($0) }
            guard let object = review?["request"]?["object"] else { throw FieldError("cannot be read again") }
            return object
        }
    }

    /// Whether reading takes much memory, so that it has to wait for its turn.
    var isLarge: Bool {
        if case .review = self { true } else { false }
    }
}
