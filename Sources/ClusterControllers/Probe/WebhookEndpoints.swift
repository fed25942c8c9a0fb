import JSON
public import KubernetesAPI
import PodAdmission

/// The addresses behind the webhooks' Service, as the API server sends its requests to them.
public struct WebhookEndpoints: Sendable {
    /// The Endpoints object, of the same name as the Service.
    public let path: ObjectPath
    /// The name of this replica's own Pod.
    public let instance: String

    /// Names the Service and this replica.
    ///
    /// - Parameters:
    ///   - namespace: The Service's namespace.
    ///   - service: The Service's name.
    ///   - instance: The name of this replica's Pod.
    public init(namespace: String = "polypod-system", service: String = "polypod-webhook", instance: String) {
        path = ObjectPath(.endpoints, namespace: namespace, name: service)
        self.instance = instance
    }

    /// Whether `endpoints` hold a ready address of another replica; those of Pods that are ending are not ready.
    func haveOthers(in endpoints: JSONValue) -> Bool {
        (endpoints["subsets"]?.array ?? []).contains { subset in
            (subset["addresses"]?.array ?? []).contains { $0["targetRef"]?["name"]?.string != instance }
        }
    }
}
