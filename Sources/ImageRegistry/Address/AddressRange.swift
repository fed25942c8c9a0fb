import JSON

/// A range of addresses in CIDR form, such as `10.96.0.0/12` or `fd00::/8`.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    let base: IPAddress
    let length: Int

    /// Reads `address/bits`; a bare address is a range of one.
    ///
    /// Bits behind the length do not count.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let base = IPAddress(first) else { return nil }
        self.base = base
        guard parts.count == 2 else {
            length = base.bytes.count * 8
            return
        }
        guard parts[1].utf8.allSatisfy(\.isASCIIDigit), let length = Int(parts[1]), length <= base.bytes.count * 8
        else {
            return nil
        }
        self.length = length
    }

    /// Whether `address` is of the same family and in the range.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = length / 8
        guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
        let rest = length % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return address.bytes[whole] & mask == base.bytes[whole] & mask
    }

    /// A text for people.
    public var description: String { "\(base)/\(length)" }
}
