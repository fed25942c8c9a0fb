import PodAdmission
import Testing

@testable import ImageRegistry

/// The rows are those of golang.org/x/net/http/httpproxy, proxy_test.go.
@Suite struct ProxySettingsTests {
    @Test(arguments: [
        ("example.com", "https://example.com", false, "the name"),
        ("example.com", "https://www.example.com", false, "a subdomain"),
        ("example.com", "https://notexample.com", true, "another name"),
        (".example.com", "https://www.example.com", false, "a subdomain"),
        (".example.com", "https://example.com", true, "not the domain itself"),
        ("*.example.com", "https://www.example.com", false, "the same with a star"),
        ("*", "https://anything", false, "all hosts"),
        ("example.com:8443", "https://example.com:8443", false, "with its port"),
        ("example.com:8443", "https://example.com", true, "another port"),
        ("10.0.0.0/8", "https://10.1.2.3", false, "a range"),
        ("10.0.0.0/8", "https://11.1.2.3", true, "an address outside the range"),
        ("10.1.2.3", "https://10.1.2.3", false, "an address"),
        ("10.1.2.3:80", "https://10.1.2.3", true, "another port"),
        ("fd00::/8", "https://[fd00::1]", false, "IPv6"),
        (" a , EXAMPLE.com ,", "https://example.com", false, "spaces and upper case"),
        ("", "https://localhost:5000", false, "localhost uses no proxy"),
        ("", "https://127.0.0.1:5000", false, "loopback uses no proxy"),
        ("", "https://[::1]", false, "loopback uses no proxy"),
        ("", "https://example.com", true, "no exception"),
    ]) func exceptions(_ list: String, _ url: String, _ isProxied: Bool, _ reason: String) throws {
        let settings = try ProxySettings(environment: ["HTTPS_PROXY": "http://proxy:3128", "no_proxy": list])
        let origin = try #require(WebURL(url)).origin
        #expect((settings.proxy(for: origin) != nil) == isProxied, "\(reason)")
    }

    @Test func proxyVariables() throws {
        let settings = try ProxySettings(environment: [
            "HTTP_PROXY": "", "http_proxy": "one", "HTTPS_PROXY": "http://u:p%40x@two:3128/", "https_proxy": "three",
        ])
        let plain = Origin(isSecure: false, host: "a", port: nil)
        let secure = settings.proxy(for: Origin(isSecure: true, host: "a", port: nil))
        #expect(settings.proxy(for: plain)?.origin.description == "http://one")
        #expect(secure?.origin.description == "http://two:3128")
        #expect(secure?.credential == .basic(username: "u", password: "p@x"))
        #expect(try ProxySettings(environment: [:]).proxy(for: plain) == nil)
    }

    @Test(arguments: ["socks5://a", "https://a", "http://", "http://a:x", "http://%zz@a", "a b"])
    func invalidProxies(_ text: String) {
        let error = #expect(throws: SetupError.self) { try ProxySettings(environment: ["HTTPS_PROXY": text]) }
        #expect(error?.code == .badProxy)
    }
}
