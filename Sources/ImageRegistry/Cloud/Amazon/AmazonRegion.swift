import JSON

/// A region, such as `us-gov-west-1`: it becomes part of a host's name, and so has to have the form of one.
struct AmazonRegion: Sendable {
    let name: String

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, text.utf8.count <= 32, let number = parts.last, (1...2).contains(number.utf8.count),
            number.utf8.allSatisfy(\.isASCIIDigit)
        else { return nil }
        let isSound = parts.dropLast().allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        }
        guard isSound else { return nil }
        name = String(text)
    }

    /// The domain of the region's services.
    var domain: String { name.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }
    /// What stands behind a service's name in its host.
    var host: String { "\(name).\(domain)" }
}
