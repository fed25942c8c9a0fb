import JSON
import NIOCore
import PodAdmission

/// The reason why a body is not a review that can be answered; the client gets it with status 400.
struct ReviewError: Error, CustomStringConvertible {
    /// One line of at most 200 characters without control characters.
    let reason: String
    /// The review without what is in its objects, if it exceeds a limit and is otherwise valid.
    let outline: AdmissionRequest?

    init(_ reason: String, outline: AdmissionRequest? = nil) {
        self.reason = reason.plainText(limit: 200)
        self.outline = outline
    }

    var description: String { reason }
}

/// The fields of an AdmissionReview's request that Polypod uses (k8s.io/api, admission/v1, types.go).
struct AdmissionRequest: Sendable {
    /// The identifier of the request, which the response repeats; 1 to 253 bytes.
    let uid: String
    /// The object's kind.
    let kind: String
    /// What the object is.
    let subject: AdmissionSubject
    /// The subresource; nil for the object itself.
    let subresource: String?
    /// The object's name; if the API server has not generated it yet, its prefix and `*`, otherwise empty.
    let name: String
    /// The object's namespace, which the object itself may not have.
    let namespace: String
    /// The operation as the API server wrote it, such as `CREATE`.
    let operation: String
    /// The name of the user that sent the request to the API server.
    let username: String
    /// Whether the request is a dry run, after which nothing is stored.
    let isDryRun: Bool
    /// Whether the new object is being deleted.
    let isBeingDeleted: Bool
    /// The new object, with the stored one.
    let object: AdmissionObject

    private static let apiVersion = "admission.k8s.io/v1"
    private static let reviewKind = "AdmissionReview"
    /// The limit on the uid, because the response repeats it; the API server's have 36 characters.
    private static let longestUID = 253

    /// Reads a review.
    ///
    /// - Parameters:
    ///   - review: The document.
    ///   - body: The text of the document.
    /// - Throws: ``ReviewError`` if the document is not an AdmissionReview of admission.k8s.io/v1 with a request and uid.
    init(_ review: JSONValue, body: ByteBuffer) throws(ReviewError) {
        guard let members = review.object else {
            throw ReviewError("expected an AdmissionReview, found \(review.kindName)")
        }
        guard members["kind"]?.string == Self.reviewKind else {
            throw ReviewError("kind: expected AdmissionReview, found \(Self.excerpt(members["kind"]))")
        }
        guard members["apiVersion"]?.string == Self.apiVersion else {
            throw ReviewError("apiVersion: expected \(Self.apiVersion), found \(Self.excerpt(members["apiVersion"]))")
        }
        guard let request = members["request"]?.object else { throw ReviewError("request: required, an object") }
        guard let uid = request["uid"]?.string, !uid.isEmpty else {
            throw ReviewError("request.uid: required, a string")
        }
        guard uid.utf8.count <= Self.longestUID else { throw ReviewError("request.uid: longer than 253 bytes") }
        self.uid = uid
        kind = request["kind"]?["kind"]?.string ?? ""
        subresource = request["subResource"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        subject = AdmissionSubject(
            group: request["kind"]?["group"]?.string ?? "",
            kind: kind,
            subresource: subresource
        )
        name = Self.name(request)
        namespace = request["namespace"]?.string ?? ""
        operation = request["operation"]?.string ?? ""
        username = request["userInfo"]?["username"]?.string ?? ""
        isDryRun = request["dryRun"] == .bool(true)
        isBeingDeleted = request["object"]?["metadata"]?["deletionTimestamp"]?.string != nil
        object = AdmissionObject(request, subject: subject, namespace: namespace, body: body)
    }

    private static func name(_ request: JSONObject) -> String {
        if let name = request["name"]?.string, !name.isEmpty { return name }
        let metadata = request["object"]?["metadata"]
        if let name = metadata?["name"]?.string, !name.isEmpty { return name }
        return metadata?["generateName"]?.string.map { $0 + "*" } ?? ""
    }

    private static func excerpt(_ value: JSONValue?) -> String {
        guard let value else { return "none" }
        return value.string.map { "\"\($0.plainText(limit: 40))\"" } ?? value.kindName
    }
}

/// The kind of object that a request is about: a bounded set, so that it can be a metric's label.
enum AdmissionSubject: String, CaseIterable {
    /// A Pod or a subresource of one.
    case pod
    /// An object with a Pod template.
    case workload
    /// Any other object.
    case other

    init(group: String, kind: String, subresource: String?) {
        if group.isEmpty, kind == "Pod" {
            self = .pod
        } else if subresource == nil, Workload.isKind(kind, group: group) {
            self = .workload
        } else {
            self = .other
        }
    }
}
