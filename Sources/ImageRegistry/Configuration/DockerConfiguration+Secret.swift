import Basics
public import JSON
import PodAdmission

extension DockerConfiguration {
    private static let modern = "kubernetes.io/dockerconfigjson"
    private static let older = "kubernetes.io/dockercfg"

    /// Reads an object of kind `Secret`, of one of the two types that the kubelet pulls with (pkg/credentialprovider,
    /// secrets/secrets.go).
    ///
    /// - Throws: ``FieldError`` for another type, and for data that does not hold what its type says; the error names
    ///   the member of the Secret and nothing of what is in it.
    public init(secret: JSONValue) throws(FieldError) {
        let object = try secret.asObject()
        let type = try object.optionalString("type")
        guard type == Self.modern || type == Self.older else {
            throw FieldError("expected \(Self.modern) or \(Self.older)", at: [.key("type")])
        }
        let isModern = type == Self.modern
        let key = isModern ? ".dockerconfigjson" : ".dockercfg"
        func fault(_ reason: String) -> FieldError { FieldError(reason, at: [.key("data"), .key(key)]) }
        guard let text = object["data"]?[key]?.string, !text.isEmpty else { throw fault("required, as base64") }
        guard let bytes = Base64.decode(text) else { throw fault("expected base64") }
        // What the readers below say names keys of the content, which may be anything.
        guard let root = try? JSONParser.parse(bytes).object else { throw fault("expected a JSON object") }
        do throws(FieldError) { try self.init(root, isModern: isModern) } catch {
            throw fault("expected registries with a user name and a password, or auth, each")
        }
    }
}
