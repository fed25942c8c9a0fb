/// The networks in which the image of a Pod must not name a registry.
///
/// Any user can name a host in an image. With a refused network a user cannot find out, by the answers of the webhook,
/// which addresses and ports in it are open. Hosts that the operator names are not affected.
public struct RefusedNetworks: Sendable, Hashable {
    private var refused: [AddressRange] = []
    private var allowed: [AddressRange] = []

    /// The ranges that `private` stands for: RFC 1918, RFC 6598 (shared by carriers) and RFC 4193.
    private static let privateRanges = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
    ]

    /// Refuses no network.
    public init() {}

    /// Refuses networks with exceptions; nil for a text of another form.
    ///
    /// - Parameters:
    ///   - refused: Ranges such as `10.0.0.0/8`, addresses, or `private`, separated by commas.
    ///   - allowed: The exceptions, in the same form.
    public init?(refused: String, allowed: String = "") {
        guard let refused = Self.ranges(refused), let allowed = Self.ranges(allowed) else { return nil }
        (self.refused, self.allowed) = (refused, allowed)
    }

    private static func ranges(_ text: String) -> [AddressRange]? {
        let names = text.split(separator: ",").flatMap { $0 == "private" ? privateRanges.map { $0[...] } : [$0] }
        let ranges = names.compactMap { AddressRange($0) }
        return ranges.count == names.count ? ranges : nil
    }

    /// Whether a registry that a Pod's image names must not have `address`.
    func refuse(_ address: IPAddress) -> Bool {
        refused.contains { $0.contains(address) } && !allowed.contains { $0.contains(address) }
    }
}
