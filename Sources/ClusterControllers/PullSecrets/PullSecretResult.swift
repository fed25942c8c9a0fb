import ImageRegistry
import JSON
import KubernetesAPI
import PodAdmission

/// What a ``PullSource`` turned out to hold.
enum PullSecretResult: Sendable {
    /// Credentials, parsed; nothing else of a Secret is kept.
    case credentials(DockerConfiguration)
    /// The names of the Secrets that a service account gives its Pods.
    case secretNames([String])
    /// Nothing, and why; a text for people.
    case unusable(Failure)

    /// Why there is nothing to be had.
    enum Failure: Sendable, Equatable {
        /// Polypod may not read it, which is normal where it has no right to all secrets.
        case forbidden
        /// There is no such object; the kubelet passes over it as well.
        case missing
        /// It is none of the two types that the kubelet pulls with, or does not hold what its type says.
        case notPullSecret
        /// The API server did not answer, or not with this.
        case failed(KubernetesAPIError.Code)

        /// The end of a note.
        var note: String {
            switch self {
            case .forbidden: "may not be read by Polypod"
            case .missing: "is not there"
            case .notPullSecret: "is no pull secret"
            case .failed(let code): "could not be read (\(code.rawValue))"
            }
        }
    }

    /// Reads an object; whatever a Secret holds besides credentials is dropped here.
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

    /// What a failed request says of the object.
    init(_ error: KubernetesAPIError) {
        switch error.code {
        case .forbidden: self = .unusable(.forbidden)
        case .notFound: self = .unusable(.missing)
        default: self = .unusable(.failed(error.code))
        }
    }

    /// How long it counts; nil where it is not kept.
    var lifetime: Duration? {
        switch self {
        case .credentials, .secretNames: .seconds(30)
        case .unusable(.failed): nil
        case .unusable: .seconds(10)
        }
    }
}
