import FoundationEssentials

/// A moment as the objects of Kubernetes hold it (meta/v1, Time): RFC 3339, in UTC, whole seconds.
func kubernetesTime(_ unixTime: Int) -> String {
    Date(timeIntervalSince1970: Double(unixTime)).formatted(.iso8601)
}
