import JSON
import PodAdmission
import Testing

@testable import ImageRegistry

/// The kubelet's rules for finding credentials (pkg/credentialprovider, keyring_test.go has most of these rows).
@Suite struct DockerConfigurationTests {
    static func users(_ auths: String, _ name: String) throws -> [String] {
        try DockerConfiguration(JSONParser.parse(#"{"auths":{\#(auths)}}"#)).credentials(for: name).map {
            if case .basic(let username, _) = $0 { username } else { "" }
        }
    }

    @Test(arguments: [
        ("gcr.io", "gcr.io/a/b", true, "the host"),
        ("https://gcr.io", "gcr.io/a/b", true, "with a scheme"),
        ("http://gcr.io", "gcr.io/a/b", true, "with another"),
        ("ftp://gcr.io", "gcr.io/a/b", false, "with one that is none"),
        ("https://user:word@gcr.io", "gcr.io/a/b", true, "a user is no part of the host"),
        ("gcr.io/v2/", "gcr.io/a/b", true, "the version does not count"),
        ("gcr.io/v1/a", "gcr.io/a/b", true, "a path behind the version"),
        ("gcr.io/v2", "gcr.io/a/b", false, "without its slash it is a path"),
        ("gcr.io/a", "gcr.io/a/b", true, "a path"),
        ("gcr.io/a", "gcr.io/ab/c", true, "a path is a plain prefix"),
        ("gcr.io/b", "gcr.io/a/b", false, "another path"),
        ("gcr.io:443", "gcr.io/a", false, "a port that the image does not have"),
        ("gcr.io", "gcr.io:443/a", false, "a port that the key does not have"),
        ("reg:5000", "reg:5000/a", true, "the same port"),
        ("*.kubernetes.io", "prefix.kubernetes.io/a", true, "a glob"),
        ("*.kubernetes.io", "kubernetes.io/a", false, "a glob stands for one label"),
        ("*.kubernetes.io", "a.b.kubernetes.io/a", false, "and for no more than one"),
        ("pre*.io", "prefix.io/a", true, "a glob in a label"),
        ("?refix.io", "prefix.io/a", false, "a query, as the kubelet reads the key"),
        ("[a-q]refix.io", "prefix.io/a", true, "a range"),
        ("[^p]refix.io", "prefix.io/a", false, "not of a range"),
        ("*.*.*", "a.b.c/d", true, "nothing but globs"),
        ("docker.io", "docker.io/library/nginx", true, "Docker Hub by its name"),
        ("https://index.docker.io/v1/", "docker.io/library/nginx", true, "Docker Hub by its default key"),
        ("https://index.docker.io/v1/", "gcr.io/a", false, "which is for nobody else"),
    ]) func matching(_ key: String, _ name: String, _ matches: Bool, _ reason: String) throws {
        let auths = #""\#(key)":{"username":"u","password":"p"}"#
        #expect(try Self.users(auths, name) == (matches ? ["u"] : []), "\(reason)")
    }

    @Test func orderIsBackwards() throws {
        let auths = ["gcr.io", "gcr.io/a", "gcr.io/a/b", "*.io"].map {
            #""\#($0)":{"username":"\#($0)","password":"p"}"#
        }
        let all = auths.joined(separator: ",")
        #expect(try Self.users(all, "gcr.io/a/b") == ["gcr.io/a/b", "gcr.io/a", "gcr.io", "*.io"])
        #expect(try Self.users(all, "gcr.io/x") == ["gcr.io", "*.io"])
    }

    @Test(arguments: [
        ("dXNlcjpwYXNz", "user", "pass", "padding is not needed"),
        ("dXNlcjpwYQ==", "user", "pa", "padded"),
        ("dXNlcjpwYQ", "user", "pa", "the same without padding"),
        ("dXNlcjphOmI=", "user", "a:b", "the first colon counts"),
        ("dXNlcjo=", "user", "", "an empty password"),
    ]) func auth(_ auth: String, _ username: String, _ password: String, _ reason: String) throws {
        let text = #"{"auths":{"a":{"auth":"\#(auth)","username":"x","password":"y"}}}"#
        let configuration = try DockerConfiguration(JSONParser.parse(text))
        #expect(configuration.credentials(for: "a/b") == [.basic(username: username, password: password)], "\(reason)")
    }

    @Test func whatTheKubeletDoesNotRead() throws {
        let text = #"""
            {"auths":{"a":{"identitytoken":"t"},"b":{"registrytoken":"t"},"c":{}},"credsStore":"x","credHelpers":{"d":"y"}}
            """#
        #expect(try DockerConfiguration(JSONParser.parse(text)).entries.isEmpty)
        let old = try DockerConfiguration(JSONParser.parse(#"{"a":{"username":"u","password":"p"}}"#))
        #expect(old.credentials(for: "a/b").count == 1, "the older .dockercfg")
    }

    @Test(arguments: [
        (#"{"auths":{"a":{"auth":"!"}}}"#, "auths.a.auth"),
        (#"{"auths":{"a":{"auth":"bm9jb2xvbg=="}}}"#, "auths.a.auth"),
        (#"{"auths":{"a.b":5}}"#, #"auths["a.b"]"#), (#"{"auths":[]}"#, "auths"), ("5", ""),
    ]) func errors(_ text: String, _ path: String) throws {
        let value = try JSONParser.parse(text)
        let error = #expect(throws: FieldError.self) { try DockerConfiguration(value) }
        #expect(error?.pathText == path)
    }
}

@Suite struct RegistriesConfigurationTests {
    static func endpoints(_ text: String, _ image: String) throws -> [RegistryEndpoint] {
        try RegistriesConfiguration(JSONParser.parse(text)).endpoints(for: ImageReference(image))
    }

    @Test(arguments: [
        ("{}", "nginx", ["https://registry-1.docker.io/v2/library/nginx/manifests/x"], "Docker Hub's real host"),
        ("{}", "ghcr.io/a/b", ["https://ghcr.io/v2/a/b/manifests/x"], "the registry itself"),
        (
            #"{"mirrors":{"docker.io":{"endpoint":["https://m1/","http://m2:5000/v2"]}}}"#, "nginx",
            [
                "https://m1/v2/library/nginx/manifests/x?ns=docker.io",
                "http://m2:5000/v2/library/nginx/manifests/x?ns=docker.io",
                "https://registry-1.docker.io/v2/library/nginx/manifests/x",
            ], "mirrors in order, then the registry"
        ),
        (
            #"{"mirrors":{"*":{"endpoint":["m1:5000"]},"ghcr.io":{}}}"#, "quay.io/a",
            ["https://m1:5000/v2/a/manifests/x?ns=quay.io", "https://quay.io/v2/a/manifests/x"], "the wildcard"
        ),
        (
            #"{"mirrors":{"*":{"endpoint":["https://m1"]},"ghcr.io":{}}}"#, "ghcr.io/a/b",
            ["https://ghcr.io/v2/a/b/manifests/x"], "an entry of its own goes before the wildcard"
        ),
        (
            #"{"mirrors":{"reg:5000":{"endpoint":["http://reg:5000"]}}}"#, "reg:5000/a",
            ["http://reg:5000/v2/a/manifests/x"], "plain HTTP for the registry itself"
        ),
        (
            #"{"mirrors":{"reg.io":{"endpoint":["http://reg.io"]}}}"#, "reg.io/a",
            ["http://reg.io/v2/a/manifests/x"], "the same without a port"
        ),
        (
            #"{"mirrors":{"docker.io":{"endpoint":["https://h/artifactory/api/docker/hub"]}}}"#, "a/b",
            [
                "https://h/artifactory/api/docker/hub/a/b/manifests/x?ns=docker.io",
                "https://registry-1.docker.io/v2/a/b/manifests/x",
            ], "a path is the base"
        ),
        (
            #"{"mirrors":{"docker.io":{"endpoint":["https://m"],"rewrite":{"^library/(.*)":"hub/$1"}}}}"#, "nginx",
            [
                "https://m/v2/hub/nginx/manifests/x?ns=docker.io",
                "https://registry-1.docker.io/v2/library/nginx/manifests/x",
            ], "a rewrite is for mirrors only"
        ),
    ]) func order(_ text: String, _ image: String, _ expected: [String], _ reason: String) throws {
        let urls = try Self.endpoints(text, image).map { $0.manifest("x").description }
        #expect(urls == expected, "\(reason)")
    }

    @Test(arguments: [
        ("^library/(.*)", "a/$1", "library/nginx", "a/nginx"), ("^library/(.*)", "a/$1", "other/nginx", "other/nginx"),
        ("(.*)/(.*)", "${2}x/${1}", "a/b", "bx/a"), ("(.*)/(.*)", "$2x/$1", "a/b", "/a"), ("a", "$$", "aba", "$b$"),
        ("(?<org>[a-z]+)/", "$org-", "acme/app", "acme-app"), ("a+", "", "aab", "b"), ("x*", "-", "b", "-b-"),
        ("a", "$9", "ab", "b"),
    ]) func rewrites(_ pattern: String, _ replacement: String, _ repository: String, _ expected: String) throws {
        let rewrite = try RepositoryRewrite(pattern: pattern, replacement: replacement)
        #expect(rewrite.rewrite(repository) == expected)
    }

    @Test func rewriteToNoRepository() throws {
        let text = #"{"mirrors":{"a.io":{"endpoint":["https://m"],"rewrite":{".*":"../../x"}}}}"#
        let error = #expect(throws: RegistryFailure.self) { try Self.endpoints(text, "a.io/b") }
        #expect(error?.code == .badReference)
    }

    @Test(arguments: [
        (#"{"mirror":{}}"#, "mirror"), (#"{"mirrors":{"a":{"endpoints":[]}}}"#, "mirrors.a.endpoints"),
        (#"{"mirrors":{"a":{"endpoint":["ftp://x"]}}}"#, "mirrors.a.endpoint[0]"),
        (#"{"mirrors":{"a":{"endpoint":["https://x/?q"]}}}"#, "mirrors.a.endpoint[0]"),
        (#"{"mirrors":{"a":{"endpoint":["https://u:p@x"]}}}"#, "mirrors.a.endpoint[0]"),
        (#"{"mirrors":{"a":{"endpoint":["https://x/a/../b"]}}}"#, "mirrors.a.endpoint[0]"),
        (#"{"mirrors":{"a":{"rewrite":{"(":"x"}}}}"#, #"mirrors.a.rewrite["("]"#),
        (#"{"mirrors":{"a/b":{}}}"#, #"mirrors["a/b"]"#),
        (#"{"configs":{"a":{"auth":{"user":"x"}}}}"#, "configs.a.auth.user"),
        (#"{"configs":{"a":{"auth":{"username":"x"}}}}"#, "configs.a.auth.password"),
        (#"{"configs":{"a":{"auth":{"auth":"?"}}}}"#, "configs.a.auth.auth"),
        (#"{"configs":{"a":{"tls":{"insecure_skip_verify":"yes"}}}}"#, "configs.a.tls.insecure_skip_verify"),
        (#"{"configs":{"a":{"tls":{"cert_file":"x"}}}}"#, "configs.a.tls.key_file"),
        (#"{"configs":{"*":{"auth":{"username":"x","password":"y"}}}}"#, #"configs["*"].auth"#),
    ]) func errors(_ text: String, _ path: String) throws {
        let value = try JSONParser.parse(text)
        let error = #expect(throws: FieldError.self) { try RegistriesConfiguration(value) }
        #expect(error?.pathText == path)
    }

    @Test func hosts() throws {
        let text = #"""
            {"mirrors":{"a.io":{"endpoint":["http://127.0.0.1:5000"]}},
             "configs":{"reg.io":{"auth":{"auth":"dTpw"}},"docker.io":{"auth":{"identity_token":"t"}},
                        "*":{"tls":{"insecure_skip_verify":true}}}}
            """#
        let registries = try RegistriesConfiguration(JSONParser.parse(text))
        func origin(_ text: String) throws -> Origin { try #require(WebURL(text)).origin }
        #expect(try registries.isConfigured(origin("http://127.0.0.1:5000")))
        #expect(try !registries.isConfigured(origin("https://127.0.0.1:5000")))
        #expect(try !registries.isConfigured(origin("https://a.io")))
        #expect(try registries.credential(for: origin("https://reg.io")) == .basic(username: "u", password: "p"))
        #expect(try registries.credential(for: origin("https://reg.io:444")) == nil, "bound to its port")
        #expect(try registries.credential(for: origin("https://registry-1.docker.io")) == .identity(token: "t"))
        #expect(try registries.hostKey(origin("https://other.io")) == "*")
    }
}

/// The rows are those of golang.org/x/net/http/httpproxy, proxy_test.go.
@Suite struct ProxyTests {
    @Test(arguments: [
        ("example.com", "https://example.com", false, "the name"),
        ("example.com", "https://www.example.com", false, "below it"),
        ("example.com", "https://notexample.com", true, "another name"),
        (".example.com", "https://www.example.com", false, "below it"),
        (".example.com", "https://example.com", true, "but not itself"),
        ("*.example.com", "https://www.example.com", false, "the same with a star"),
        ("*", "https://anything", false, "all"),
        ("example.com:8443", "https://example.com:8443", false, "with its port"),
        ("example.com:8443", "https://example.com", true, "another port"),
        ("10.0.0.0/8", "https://10.1.2.3", false, "a range"),
        ("10.0.0.0/8", "https://11.1.2.3", true, "outside"),
        ("10.1.2.3", "https://10.1.2.3", false, "an address"),
        ("10.1.2.3:80", "https://10.1.2.3", true, "another port"),
        ("fd00::/8", "https://[fd00::1]", false, "IPv6"),
        (" a , EXAMPLE.com ,", "https://example.com", false, "blanks and case"),
        ("", "https://localhost:5000", false, "localhost never"),
        ("", "https://127.0.0.1:5000", false, "loopback never"),
        ("", "https://[::1]", false, "loopback never"),
        ("", "https://example.com", true, "no exception"),
    ]) func exceptions(_ list: String, _ url: String, _ isProxied: Bool, _ reason: String) throws {
        let settings = try ProxySettings(environment: ["HTTPS_PROXY": "http://proxy:3128", "no_proxy": list])
        let origin = try #require(WebURL(url)).origin
        #expect((settings.proxy(for: origin) != nil) == isProxied, "\(reason)")
    }

    @Test func variables() throws {
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
    func notProxies(_ text: String) {
        let error = #expect(throws: SetupError.self) { try ProxySettings(environment: ["HTTPS_PROXY": text]) }
        #expect(error?.code == .badProxy)
    }
}
