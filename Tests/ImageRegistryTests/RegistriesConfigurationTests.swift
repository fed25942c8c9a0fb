import JSON
import PodAdmission
import Testing

@testable import ImageRegistry

@Suite struct RegistriesConfigurationTests {
    static func endpoints(_ text: String, _ image: String) throws -> [RegistryEndpoint] {
        try RegistriesConfiguration(JSONParser.parse(text)).endpoints(for: ImageReference(image))
    }

    @Test(arguments: [
        (
            "{}", "nginx", ["https://registry-1.docker.io/v2/library/nginx/manifests/x"],
            "the registry host of Docker Hub"
        ),
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
            ["https://ghcr.io/v2/a/b/manifests/x"], "an own entry comes before the wildcard"
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

    @Test func rewriteToAnInvalidRepository() throws {
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

    @Test func hostSettings() throws {
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
