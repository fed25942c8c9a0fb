import Basics
import Logging

/// A cloud whose registries accept short-lived credentials for a workload identity.
///
/// These credentials replace the kubelet's credential provider plugins. They are used for the registry hosts of the
/// cloud only, after a Pod's secrets and after the credentials that the operator set. Each cloud is set up with the
/// environment variables that the cloud's own libraries read. No metadata service is asked unless the operator allows
/// it.
///
/// This code follows the documentation of the clouds and was tested against fakes of them. It was never run against
/// the clouds themselves.
public enum CloudProvider: String, Sendable, Hashable, CaseIterable {
    /// Amazon ECR: `ACCOUNT.dkr.ecr.REGION.amazonaws.com` and `.com.cn`.
    ///
    /// It needs either `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`, which EKS sets for a service account with a
    /// role, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, with an optional `AWS_SESSION_TOKEN`. If both are set,
    /// the role is used. `AWS_REGION` selects the region of STS; by default the global endpoint is used.
    /// `public.ecr.aws` is read anonymously.
    case ecr
    /// Google Artifact Registry: `LOCATION-docker.pkg.dev`, `gcr.io` and `HOST.gcr.io`.
    ///
    /// It needs `GOOGLE_APPLICATION_CREDENTIALS` with a file of type `external_account` whose subject token is in a
    /// file, or the metadata server of GKE if the operator allows it. The key of a service account needs no cloud
    /// setting: it is the password of the user `_json_key` in a ``DockerConfiguration``.
    case gar
    /// Azure Container Registry: `NAME.azurecr.io`, `.azurecr.cn` and `.azurecr.us`.
    ///
    /// It needs `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, which AKS sets for a service
    /// account with workload identity. `AZURE_AUTHORITY_HOST` is needed outside the public cloud. A service principal
    /// with a secret needs no cloud setting: it is a user and password in a ``DockerConfiguration``.
    case acr
}

/// The settings for the credentials of all clouds.
struct CloudSettings: Sendable {
    /// The time limit for getting one credential, with all its requests.
    var deadline = Duration.seconds(2)
    /// How long to wait after a failure before the next attempt.
    var pause = Duration.seconds(10)
    /// Whether the metadata server of GKE may be asked.
    var usesMetadataServer = false
    /// A fake of the clouds for tests.
    var standIn: CloudStandIn?
    /// The clock for lifetimes.
    var now: @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    /// The Unix time in seconds, for signatures.
    var unixTime: @Sendable () -> Int = UnixTime.seconds
    var logger = Logger(label: "polypod.registry", factory: { _ in SwiftLogNoOpLogHandler() })
}

/// A fake of the clouds for tests; no option and no variable can set it.
struct CloudStandIn: Sendable {
    /// The server that gets the requests for all cloud hosts, with the host as the first part of the path.
    var origin: Origin
    /// The registry hosts of clouds, by the hosts that the images of the test name.
    var hosts: [String: String] = [:]
}
