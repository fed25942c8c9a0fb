import JSON

/// An IPv4 or IPv6 address.
struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The 4 or 16 bytes, in network order.
    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the strict text forms only: four decimal numbers, or the text form of RFC 4291 without brackets and zone.
    init?(_ text: some StringProtocol) {
        guard let bytes = text.contains(":") ? Self.version6(text) : Self.version4(text) else { return nil }
        self.bytes = bytes
    }

    /// The IPv4 address inside this IPv6 address: mapped (RFC 4291), compatible, NAT64 (RFC 6052) or 6to4.
    ///
    /// A connection to such an address reaches the IPv4 host, so the rules for the IPv4 address apply. (In Kyverno,
    /// `::ffff:169.254.169.254` bypassed the block list, kyverno/kyverno#16419.)
    var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        let isCompatible = bytes[..<12].allSatisfy { $0 == 0 } && bytes[12] != 0
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        let isNAT64 = bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
        if isCompatible || isMapped || isNAT64 { return IPAddress(bytes: Array(bytes[12...])) }
        return bytes.starts(with: [0x20, 0x02]) ? IPAddress(bytes: Array(bytes[2..<6])) : nil
    }

    /// The address as text; IPv6 addresses are not shortened.
    var description: String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // Some resolvers read a leading zero as octal, others as decimal. Refuse it instead of guessing.
            guard part.utf8.allSatisfy(\.isASCIIDigit), part == "0" || part.first != "0", let byte = UInt8(part) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        let text = String(text)
        guard let gap = text.firstRange(of: "::") else {
            guard let bytes = groups(text), bytes.count == 16 else { return nil }
            return bytes
        }
        let (before, after) = (text[..<gap.lowerBound], text[gap.upperBound...])
        guard let head = before.isEmpty ? [] : groups(String(before)),
            let tail = after.isEmpty ? [] : groups(String(after)), head.count + tail.count <= 14
        else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1 {
                guard let last = version4(part) else { return nil }
                bytes += last
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isASCIIHexadecimal),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes.count <= 16 ? bytes : nil
    }
}

/// An address range in CIDR form, such as `10.96.0.0/12` or `fd00::/8`.
struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let base: IPAddress
    /// The length of the prefix, in bits.
    private let length: Int

    /// Reads `address/bits`, or a single address; the bits after the prefix are ignored.
    init?(_ text: some StringProtocol) {
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

    /// Whether `address` has the same family and is in the range.
    func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        let whole = length / 8
        guard address.bytes[..<whole] == base.bytes[..<whole] else { return false }
        let rest = length % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - rest))
        return address.bytes[whole] & mask == base.bytes[whole] & mask
    }

    var description: String { "\(base)/\(length)" }
}
