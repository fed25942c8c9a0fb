import ImageRegistry
import JSON
import KubernetesAPI
import PodAdmission

/// The result of reading a ``PullSource``.
enum PullSecretResult: Sendable {
    /// The credentials in a Secret; no other data of the Secret is kept.
    case credentials(DockerConfiguration)
    /// The names of the pull secrets of a service account.
    case secretNames([String])
    /// No credentials, with the reason.
    case unusable(Failure)

    /// The reason why an object gives no credentials.
    enum Failure: Sendable, Equatable {
        /// Polypod has no permission to read it, which is normal without a RoleBinding in the namespace.
        case forbidden
        /// The object does not exist; the kubelet ignores it too.
        case missing
        /// Its type is not one of the two that the kubelet uses, or its data does not have the form of its type.
        case notPullSecret
        /// The request failed for another reason.
        case failed(KubernetesAPIError.Code)

        /// The text after the object in a note.
        var note: String {
            switch self {
            case .forbidden: "may not be read by Polypod"
            case .missing: "does not exist"
            case .notPullSecret: "is not a pull secret"
            case .failed(let code): "could not be read (\(code.rawValue))"
            }
        }
    }

    /// Reads the object of `source`, and keeps only the credentials or names in it.
    init(_ object: JSONValue, of source: PullSource) {
        do throws(FieldError) {
            switch source {
            case .secret: self = .credentials(try DockerConfiguration(secret: object))
            case .serviceAccount:
                let secrets = try object.asObject().optional("imagePullSecrets") { value throws(FieldError) in
                    try value.asArray { value throws(FieldError) in try value.asObject().optionalString("name") ?? "" }
                }
                self = .secretNames((secrets ?? []).filter { !$0.isEmpty })
            }
        } catch {
            self = .unusable(.notPullSecret)
        }
    }

    /// The result of a request that failed.
    init(_ error: KubernetesAPIError) {
        switch error.code {
        case .forbidden: self = .unusable(.forbidden)
        case .notFound: self = .unusable(.missing)
        default: self = .unusable(.failed(error.code))
        }
    }

    /// The time that the result is cached; nil if it is not cached.
    var lifetime: Duration? {
        switch self {
        case .credentials, .secretNames: .seconds(30)
        case .unusable(.failed): nil
        case .unusable: .seconds(10)
        }
    }
}
