import KubernetesAPI
import WebhookServer

/// The settings of a server that uses a cluster.
struct ClusterSettings {
    /// The API server's address and the client's credentials.
    let access: ClusterAccess
    /// The namespace of the webhooks' Service, of the Lease and of the Secret.
    let namespace: String
    /// The name of the webhooks' Service and of the Lease.
    let service: String
    /// The name of this replica: its Pod's name.
    let instance: String
    /// Whether the server creates its certificates (`--managed-certificates`).
    let managesCertificates: Bool
    /// Whether the server reads the pull secrets of Pods (`--pull-secrets`).
    let readsPullSecrets: Bool
    /// Whether the server writes Events (`--events`).
    let writesEvents: Bool
    /// Whether the server tests its webhooks with dry runs (`--self-proof`).
    let provesItself: Bool
    /// Whether the server sets the failure policy (`--manage-failure-policy`).
    let managesFailurePolicy: Bool
    /// Whether the server looks images up before their Pods are created (`--warm-cache`).
    let warmsCache: Bool

    /// Reads the settings; nil for a server that uses no cluster.
    ///
    /// - Parameters:
    ///   - options: The options of the command line.
    ///   - source: Reads options from the command line or the environment.
    ///   - environment: The environment of the process, for the access to the API server and the replica's name.
    /// - Throws: ``SettingsError`` if the cluster's configuration cannot be read, and for an option that needs another
    ///   one that is not set.
    init?(_ options: Options, source: OptionSource, environment: [String: String]) throws(SettingsError) {
        let cluster = source.text(options.kubernetes, .kubernetes)
        let flags: [(name: OptionName, isSet: Bool)] = [
            (.managedCertificates, options.managedCertificates), (.pullSecrets, options.pullSecrets),
            (.events, options.events), (.selfProof, options.selfProof),
            (.manageFailurePolicy, options.manageFailurePolicy), (.warmCache, options.warmCache),
        ]
        var set: [OptionName] = []
        for flag in flags where try source.flag(flag.isSet, flag.name) { set.append(flag.name) }
        guard let cluster, cluster.text != "none" else {
            guard let first = set.first else { return nil }
            throw SettingsError(
                subject: first.option,
                reason: "needs a cluster: add --kubernetes=in-cluster or --kubernetes=KUBECONFIG"
            )
        }
        guard set.contains(.selfProof) || !set.contains(.manageFailurePolicy) else {
            throw SettingsError(
                subject: OptionName.manageFailurePolicy.option,
                reason: "needs the results of the self-proof: add \(OptionName.selfProof.option)"
            )
        }
        access = try Self.access(cluster.text, subject: cluster.subject, environment: environment)
        let service = source.text(options.service, .service)
        let name = (service?.text ?? "polypod-system/polypod-webhook").split(separator: "/")
        guard name.count == 2 else {
            throw SettingsError(
                subject: service?.subject ?? OptionName.service.option,
                reason: "expected NAMESPACE/NAME, found \"\(service?.text ?? "")\""
            )
        }
        namespace = String(name[0])
        self.service = String(name[1])
        // Kubernetes sets a Pod's host name to the name of the Pod.
        instance = environment["POD_NAME"] ?? environment["HOSTNAME"] ?? "polypod-webhook"
        managesCertificates = set.contains(.managedCertificates)
        readsPullSecrets = set.contains(.pullSecrets)
        writesEvents = set.contains(.events)
        provesItself = set.contains(.selfProof)
        managesFailurePolicy = set.contains(.manageFailurePolicy)
        warmsCache = set.contains(.warmCache)
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
        let file = try JSONFile(text, converter: "kubectl config view --raw -o json --kubeconfig")
        let folder = text.lastIndex(of: "/").map { String(text[..<$0]) } ?? "."
        do throws(KubernetesAPIError) {
            return try .kubeconfig(file.value, folder: folder.isEmpty ? "/" : folder, environment: environment)
        } catch {
            throw SettingsError(subject: text, reason: error.description)
        }
    }
}
