import Testing

@testable import ImageRegistry

@Suite struct AddressTests {
    @Test(arguments: [
        ("93.184.216.34", true, "public"),
        ("10.1.2.3", true, "private: companies run registries there"),
        ("192.168.0.1", true, "private"),
        ("fd12::1", true, "private"),
        ("2606:4700::1111", true, "public"),
        ("127.0.0.1", false, "loopback"),
        ("127.255.0.1", false, "loopback"),
        ("::1", false, "loopback"),
        ("::ffff:127.0.0.1", false, "loopback, mapped"),
        ("::ffff:7f00:1", false, "loopback, mapped"),
        ("::127.0.0.1", false, "loopback, compatible"),
        ("64:ff9b::127.0.0.1", false, "loopback through NAT64"),
        ("169.254.169.254", false, "metadata"),
        ("169.254.0.1", false, "link-local"),
        ("::ffff:169.254.169.254", false, "metadata, mapped"),
        ("64:ff9b::a9fe:a9fe", false, "metadata through NAT64"),
        ("2002:a9fe:a9fe::1", false, "metadata through 6to4"),
        ("fe80::1", false, "link-local"),
        ("febf::1", false, "link-local"),
        ("fd00:ec2::254", false, "metadata of EC2"),
        ("100.100.100.200", false, "metadata of Alibaba"),
        ("168.63.129.16", false, "Azure's host"),
        ("0.0.0.0", false, "unspecified"),
        ("0.1.2.3", false, "this network"),
        ("::", false, "unspecified"),
        ("::ffff:0.0.0.0", false, "unspecified, mapped"),
        ("224.0.0.1", false, "multicast"),
        ("ff02::1", false, "multicast"),
        ("255.255.255.255", false, "broadcast"),
    ]) func allowedAddresses(_ text: String, _ isAllowed: Bool, _ reason: String) throws {
        let address = try #require(IPAddress(text))
        #expect((AddressRules().refusal(of: address) == nil) == isAllowed, "\(reason)")
    }

    @Test func operatorHostsMayUseLoopback() throws {
        let rules = AddressRules(trust: .configured)
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1"] {
            #expect(try rules.refusal(of: #require(IPAddress(text))) == nil)
        }
        for text in ["169.254.169.254", "0.0.0.0", "::ffff:169.254.1.1"] {
            #expect(try rules.refusal(of: #require(IPAddress(text))) == .address)
        }
    }

    @Test func metadataRequestsReachTheMetadataServerOnly() throws {
        let rules = AddressRules(trust: .configured, isForMetadataServer: true)
        #expect(try rules.refusal(of: #require(IPAddress("169.254.169.254"))) == nil)
        for text in ["169.254.169.253", "127.0.0.1", "8.8.8.8", "fd00:ec2::254", "::ffff:169.254.169.254"] {
            #expect(
                try rules.refusal(of: #require(IPAddress(text))) == .address,
                "no other address, and no other form of this address"
            )
        }
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "0x7f.0.0.1", "1.2.3.256", "1.2.3.-4", "1.2.3.4 ", ":", ":::", "1::2::3",
        "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1%eth0", "[::1]", "::1.2.3", "g::", "1:2:3:4:5:6:7::8:9",
    ]) func invalidAddresses(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.96.0.0/12", "10.111.0.1", true),
        ("10.96.0.0/12", "10.112.0.1", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
        ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("1.2.3.4", "1.2.3.4", true),
        ("1.2.3.4/32", "1.2.3.5", false),
    ]) func ranges(_ range: String, _ address: String, _ isIn: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(
        arguments: [
            ("10.1.2.3", .network, "private"),
            ("172.31.255.1", .network, "private"),
            ("100.64.0.1", .network, "shared by carriers"),
            ("fd12::1", .network, "private"),
            ("::ffff:10.1.2.3", .network, "private, mapped"),
            ("64:ff9b::10.1.2.3", .network, "private through NAT64"),
            ("10.20.0.1", nil, "the exception"),
            ("::ffff:10.20.0.1", nil, "the exception, mapped"),
            ("93.184.216.34", nil, "public"),
            ("127.0.0.1", .address, "an exception allows no loopback"),
            ("169.254.169.254", .address, "an exception allows no metadata"),
        ] as [(String, AddressRules.Refusal?, String)]
    )
    func refusedNetworks(_ text: String, _ refusal: AddressRules.Refusal?, _ reason: String) throws {
        let networks = try #require(
            RefusedNetworks(refused: "private,203.0.113.0/24", allowed: "10.20.0.0/16,127.0.0.0/8,169.254.0.0/16")
        )
        let address = try #require(IPAddress(text))
        #expect(AddressRules(networks: networks).refusal(of: address) == refusal, "\(reason)")
        let other = AddressRules(trust: .recommended, networks: networks).refusal(of: address)
        #expect(other == (refusal == .network ? nil : refusal), "the operator vouches for the host")
    }

    @Test(arguments: ["10.0.0.0/33", "public", "10.0.0.0/8, 11.0.0.0/8", "::/129"])
    func invalidNetworks(_ text: String) {
        #expect(RefusedNetworks(refused: text) == nil)
        #expect(RefusedNetworks(refused: "", allowed: text) == nil)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8", "::/129", "10.0.0/8", "a/8"])
    func invalidRanges(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("https://GHCR.io/v2/", "https://ghcr.io/v2/", "the host in lower case"),
        ("https://ghcr.io:443/", "https://ghcr.io/", "the default port"),
        ("http://[::1]:5000/x?y=z", "http://[::1]:5000/x?y=z", "IPv6"),
        ("https://a?b", "https://a/?b", "no path"),
    ]) func urls(_ text: String, _ expected: String, _ reason: String) throws {
        #expect(try #require(WebURL(text)).description == expected, "\(reason)")
    }

    @Test(arguments: [
        "ftp://a/", "https://", "https:///x", "https://a b/", "https://user@host/", "https://a:0/", "https://a:65536/",
        "https://a:b/", "https://a/\\x", "https://a/#x", "https://a\\@b/", "https://[::1/", "https://[1.2.3.4]/",
        "https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://a..b/", "https://é/", "//a/", "/a", "",
        "https://a/\u{7F}", "https://[fe80::1%25eth0]/", "https://a/{x}", "https://1.2.3.4.5/",
    ]) func invalidURLs(_ text: String) {
        #expect(WebURL(text) == nil)
    }

    @Test(arguments: [
        ("https://b/c", "https://b/c"), ("//b/c", "https://b/c"), ("/c?d", "https://a/c?d"), ("c", "https://a/v2/c"),
        ("mailto:x", nil), ("", nil), ("http:b", nil), ("/\\b", nil),
    ]) func redirects(_ location: String, _ expected: String?) throws {
        let url = try #require(WebURL("https://a/v2/x?y=/z/"))
        #expect(url.redirected(to: location)?.description == expected)
    }
}
