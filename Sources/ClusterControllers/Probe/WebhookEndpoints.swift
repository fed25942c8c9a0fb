import JSON
import KubernetesAPI

/// The Endpoints of the webhooks' Service, the addresses that the API server sends its requests to.
public struct WebhookEndpoints: Sendable {
    private let path: ObjectPath
    private let instance: String

    /// Names the Service and this replica.
    ///
    /// - Parameters:
    ///   - namespace: The Service's namespace.
    ///   - service: The name of the Service, which its Endpoints object shares.
    ///   - instance: The name of this replica's Pod.
    public init(namespace: String = "polypod-system", service: String = "polypod-webhook", instance: String) {
        path = ObjectPath(.endpoints, namespace: namespace, name: service)
        self.instance = instance
    }

    /// Fetches the Endpoints and returns whether another replica is ready.
    ///
    /// - Throws: `KubernetesAPIError` if the API server does not return the object.
    func haveOthers(_ client: KubernetesClient) async throws(KubernetesAPIError) -> Bool {
        haveOthers(in: try await client.get(path))
    }

    /// Whether `endpoints` has a ready address of another replica; terminating Pods are not ready.
    func haveOthers(in endpoints: JSONValue) -> Bool {
        (endpoints["subsets"]?.array ?? []).contains { subset in
            (subset["addresses"]?.array ?? []).contains { $0["targetRef"]?["name"]?.string != instance }
        }
    }
}
