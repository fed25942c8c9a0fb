public import JSON
import PodAdmission

/// Why a body is no review that can be answered: what the client is told with status 400.
public struct ReviewError: Error, Equatable, CustomStringConvertible {
    /// One line, safe to show.
    public let reason: String

    init(_ reason: String) { self.reason = reason.plainText(limit: 200) }

    /// The reason.
    public var description: String { reason }
}

/// The members of an AdmissionReview's request that matter here (k8s.io/api, admission/v1, types.go).
public struct AdmissionRequest: Sendable {
    /// The request's name for itself, which the response repeats.
    public let uid: String
    /// The object's group, empty for the core's.
    public let group: String
    /// The object's kind.
    public let kind: String
    /// The subresource; nil for the object itself.
    public let subresource: String?
    /// The object's name; empty while the API server is still to generate one.
    public let name: String
    /// The object's namespace, which the object itself may lack.
    public let namespace: String
    /// What is being done, as written.
    public let operation: String
    /// Who asks.
    public let username: String
    /// Whether nothing will be stored.
    public let isDryRun: Bool
    /// The object as it would be stored; nil on a deletion.
    public let object: JSONValue?
    /// The object as it is stored; nil on a creation.
    public let oldObject: JSONValue?

    /// What every review of this version begins with.
    static let apiVersion = "admission.k8s.io/v1"
    static let reviewKind = "AdmissionReview"
    /// The API server's are 36 characters; the response repeats it, so that it must be bounded.
    private static let longestUID = 253

    /// Reads a review.
    ///
    /// - Throws: ``ReviewError`` where the document is no AdmissionReview of admission.k8s.io/v1 that names its request.
    public init(_ review: JSONValue) throws(ReviewError) {
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
        group = request["kind"]?["group"]?.string ?? ""
        kind = request["kind"]?["kind"]?.string ?? ""
        subresource = request["subResource"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        name = request["name"]?.string ?? ""
        namespace = request["namespace"]?.string ?? ""
        operation = request["operation"]?.string ?? ""
        username = request["userInfo"]?["username"]?.string ?? ""
        isDryRun = request["dryRun"] == .bool(true)
        object = Self.present(request["object"])
        oldObject = Self.present(request["oldObject"])
    }

    /// Whether the object is a Pod of the core group, whatever the subresource.
    public var isPod: Bool { group.isEmpty && kind == "Pod" }

    /// An absent object is sent as `null`.
    private static func present(_ value: JSONValue?) -> JSONValue? {
        guard let value, value != .null else { return Optional.none }
        return value
    }

    private static func excerpt(_ value: JSONValue?) -> String {
        guard let value else { return "none" }
        return value.string.map { "\"\($0.plainText(limit: 40))\"" } ?? value.kindName
    }
}
