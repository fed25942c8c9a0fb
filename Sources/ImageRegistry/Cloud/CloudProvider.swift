/// A cloud whose registries are read with credentials that its workload identity gives, each for a short while.
///
/// They stand where the kubelet's credential provider plugins stand: for hosts of that cloud, after a Pod's secrets and
/// after the credentials that the operator gave. Each is set up by the variables that the cloud's own libraries read,
/// and by nothing else; no metadata service is asked unless the operator says so.
///
/// What stands here was written to the clouds' documentation and tried against stand-ins for them. It has not been run
/// against the clouds themselves.
public enum CloudProvider: String, Sendable, Hashable, CaseIterable {
    /// Amazon's ECR: `ACCOUNT.dkr.ecr.REGION.amazonaws.com` and `.com.cn`.
    ///
    /// Either `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`, as EKS sets them for a service account with a role, or
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, with `AWS_SESSION_TOKEN` where there is one; the role goes
    /// first. `AWS_REGION` says which region's STS is asked, the global one otherwise. `public.ecr.aws` is
    /// asked anonymously.
    case ecr
    /// Google's Artifact Registry: `LOCATION-docker.pkg.dev`, `gcr.io` and `HOST.gcr.io`.
    ///
    /// `GOOGLE_APPLICATION_CREDENTIALS` names a file of type `external_account` whose subject token is in a file too;
    /// or the metadata server of GKE, where the operator allows it. The key of a service account works
    /// without this, as the password of the user `_json_key` in a ``DockerConfiguration``.
    case gar
    /// Azure's ACR: `NAME.azurecr.io`, `.azurecr.cn` and `.azurecr.us`.
    ///
    /// `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, as AKS sets them for a service account
    /// with workload identity, and `AZURE_AUTHORITY_HOST` where it is not the public cloud. A service principal with a
    /// secret works without this, as user and password in a ``DockerConfiguration``.
    case acr
}
