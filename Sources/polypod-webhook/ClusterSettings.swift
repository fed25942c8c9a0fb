import KubernetesAPI
import PodAdmission

/// What the options and the environment say of the cluster.
struct ClusterSettings {
    /// Where the API server is and as whom.
    let access: ClusterAccess
    /// The namespace of the webhooks' Service, and of the lease and the Secret.
    let namespace: String
    /// The name of the webhooks' Service, and of the lease.
    let service: String
    /// This replica's name.
    let instance: String
    let managesCertificates: Bool
    let readsPullSecrets: Bool
    let writesEvents: Bool
    let provesItself: Bool
    let managesFailurePolicy: Bool
    let warmsCache: Bool

    /// Reads the settings; nil for a server that asks no cluster.
    ///
    /// - Throws: ``SettingsError`` for a cluster that cannot be asked, and for options that need one where there is none.
    init?(_ options: Options, sources: OptionSource, environment: [String: String]) throws(SettingsError) {
        let cluster = sources.text(options.kubernetes, "--kubernetes")
        let flags = [
            ("--managed-certificates", options.managedCertificates), ("--pull-secrets", options.pullSecrets),
            ("--events", options.events), ("--self-proof", options.selfProof),
            ("--manage-failure-policy", options.manageFailurePolicy), ("--warm-cache", options.warmCache),
        ]
        var set: Set<String> = []
        for (name, value) in flags where try sources.flag(value, name) { set.insert(name) }
        guard let cluster, cluster.text != "none" else {
            if let first = flags.first(where: { set.contains($0.0) }) {
                throw SettingsError(
                    subject: first.0,
                    reason: "needs a cluster: --kubernetes=in-cluster or a kubeconfig"
                )
            }
            return nil
        }
        guard set.contains("--self-proof") || !set.contains("--manage-failure-policy") else {
            throw SettingsError(subject: "--manage-failure-policy", reason: "goes by the self-proof: add --self-proof")
        }
        access = try Self.access(cluster.text, subject: cluster.subject, environment: environment)
        let service = sources.text(options.service, "--service")
        let name = (service?.text ?? "polypod-system/polypod-webhook").split(separator: "/")
        guard name.count == 2 else {
            throw SettingsError(subject: service?.subject ?? "--service", reason: "expected NAMESPACE/NAME")
        }
        namespace = String(name[0])
        self.service = String(name[1])
        // Kubernetes gives every Pod its own name as host name.
        instance = environment["POD_NAME"] ?? environment["HOSTNAME"] ?? "polypod-webhook"
        managesCertificates = set.contains("--managed-certificates")
        readsPullSecrets = set.contains("--pull-secrets")
        writesEvents = set.contains("--events")
        provesItself = set.contains("--self-proof")
        managesFailurePolicy = set.contains("--manage-failure-policy")
        warmsCache = set.contains("--warm-cache")
    }

    private static func access(
        _ text: String,
        subject: String,
        environment: [String: String]
    ) throws(SettingsError) -> ClusterAccess {
        do throws(KubernetesAPIError) {
            if text == "in-cluster" { return try .inCluster(environment: environment) }
        } catch {
            throw SettingsError(subject: subject, reason: error.description)
        }
        let value = try JSONFile.read(text, convert: "kubectl config view --raw -o json --kubeconfig")
        let folder = text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
        do throws(KubernetesAPIError) {
            return try .kubeconfig(value, folder: folder.isEmpty ? "/" : folder, environment: environment)
        } catch {
            throw SettingsError(subject: text, reason: error.description)
        }
    }
}
