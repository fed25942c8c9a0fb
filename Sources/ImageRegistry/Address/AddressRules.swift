/// Which addresses the registry client may connect to.
///
/// Names come from the images of anybody's Pods, so that without these rules a Pod could make the webhook speak to
/// the node's metadata service or to the webhook's own neighbours on loopback.
struct AddressRules: Sendable, Hashable {
    /// The operator's own list, refused to everyone.
    var refused: [AddressRange] = []
    /// Whether loopback is allowed: only for what the operator named in the registries configuration.
    var allowsLoopback = false
    /// Whether the metadata server is the one address that is allowed.
    var isForMetadataServer = false

    /// Where Google's metadata server is, for a workload that the operator lets ask it.
    static let metadataServer = IPAddress(bytes: [169, 254, 169, 254])

    private static func ranges(_ texts: [String]) -> [AddressRange] { texts.compactMap { AddressRange($0) } }

    private static let loopback = ranges(["127.0.0.0/8", "::1"])

    private static let never = ranges([
        "0.0.0.0/8", "::/128",  // unspecified: Linux connects them to loopback
        "169.254.0.0/16", "fe80::/10",  // link-local, with the metadata services of most clouds
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16",  // metadata: EC2, Google, Alibaba, Azure
        "224.0.0.0/4", "ff00::/8",  // multicast
        "240.0.0.0/4",  // reserved, with the broadcast address
    ])

    /// Whether a connection to `address` is allowed.
    func allows(_ address: IPAddress) -> Bool {
        if isForMetadataServer { return address == Self.metadataServer }
        let isLoopback = Self.loopback.contains { $0.contains(address) }
        if isLoopback { return allowsLoopback && !refused.contains { $0.contains(address) } }
        if (Self.never + refused).contains(where: { $0.contains(address) }) { return false }
        return address.embedded.map(allows) ?? true
    }
}
