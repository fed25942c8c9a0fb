/// How far the operator vouches for a host.
enum HostTrust: Sendable, Hashable {
    /// The image of a Pod names it, so that any user can.
    case stranger
    /// A registry that the operator named led to it, or it is a registry of a cloud that the operator chose.
    case recommended
    /// The operator named it in the registries configuration.
    case configured
}

/// The addresses that the registry client may connect to.
///
/// Registry names come from the images of Pods that any user can create. Without these rules a Pod could make the
/// webhook send requests to the metadata service of the node or to a service on the loopback address of the webhook.
struct AddressRules: Sendable, Hashable {
    /// How far the operator vouches for the host; loopback is only for configured hosts.
    var trust = HostTrust.stranger
    /// The networks in which a Pod's image must not name a registry.
    var networks = RefusedNetworks()
    /// Whether the metadata server is the only allowed address.
    var isForMetadataServer = false

    /// The address of Google's metadata server, which the operator can allow the server to ask.
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

    /// Why a connection to an address is refused.
    enum Refusal: Error, Equatable {
        /// No registry has such an address.
        case address
        /// The address is in a network in which a Pod's image must not name a registry.
        case network
    }

    /// Why a connection to `address` is refused; nil if it is allowed.
    func refusal(of address: IPAddress) -> Refusal? {
        if isForMetadataServer { return address == Self.metadataServer ? nil : .address }
        if Self.loopback.contains(where: { $0.contains(address) }) { return trust == .configured ? nil : .address }
        if Self.never.contains(where: { $0.contains(address) }) { return .address }
        if trust == .stranger, networks.refuse(address) { return .network }
        return address.embedded.flatMap(refusal)
    }
}
