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
        #expect(AddressRules().allows(address) == isAllowed, "\(reason)")
    }

    @Test func operatorHostsMayUseLoopback() throws {
        let rules = AddressRules(allowsLoopback: true)
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1"] {
            #expect(rules.allows(try #require(IPAddress(text))))
        }
        for text in ["169.254.169.254", "0.0.0.0", "::ffff:169.254.1.1"] {
            #expect(!rules.allows(try #require(IPAddress(text))))
        }
    }

    @Test func metadataRequestsReachTheMetadataServerOnly() throws {
        let rules = AddressRules(allowsLoopback: true, isForMetadataServer: true)
        #expect(rules.allows(try #require(IPAddress("169.254.169.254"))))
        for text in ["169.254.169.253", "127.0.0.1", "8.8.8.8", "fd00:ec2::254", "::ffff:169.254.169.254"] {
            #expect(!rules.allows(try #require(IPAddress(text))), "no other address, and no other form of this address")
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
