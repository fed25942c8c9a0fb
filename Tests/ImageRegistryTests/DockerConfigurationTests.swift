import Basics
import JSON
import PodAdmission
import Testing

@testable import ImageRegistry

/// The rules of the kubelet for credentials; most rows are from keyring_test.go in pkg/credentialprovider.
@Suite struct DockerConfigurationTests {
    static func users(_ auths: String, _ name: String) throws -> [String] {
        try DockerConfiguration(JSONParser.parse(#"{"auths":{\#(auths)}}"#)).credentials(for: name).map {
            if case .basic(let username, _) = $0 { username } else { "" }
        }
    }

    @Test(arguments: [
        ("gcr.io", "gcr.io/a/b", true, "the host"),
        ("https://gcr.io", "gcr.io/a/b", true, "with a scheme"),
        ("http://gcr.io", "gcr.io/a/b", true, "with the http scheme"),
        ("ftp://gcr.io", "gcr.io/a/b", false, "with an unsupported scheme"),
        ("https://user:word@gcr.io", "gcr.io/a/b", true, "the user name is not a part of the host"),
        ("gcr.io/v2/", "gcr.io/a/b", true, "the API version is ignored"),
        ("gcr.io/v1/a", "gcr.io/a/b", true, "a path after the API version"),
        ("gcr.io/v2", "gcr.io/a/b", false, "without a final slash it is a path"),
        ("gcr.io/a", "gcr.io/a/b", true, "a path"),
        ("gcr.io/a", "gcr.io/ab/c", true, "a path is a plain prefix"),
        ("gcr.io/b", "gcr.io/a/b", false, "another path"),
        ("gcr.io:443", "gcr.io/a", false, "a port that the image does not have"),
        ("gcr.io", "gcr.io:443/a", false, "a port that the key does not have"),
        ("reg:5000", "reg:5000/a", true, "the same port"),
        ("*.kubernetes.io", "prefix.kubernetes.io/a", true, "a glob"),
        ("*.kubernetes.io", "kubernetes.io/a", false, "a glob matches one label"),
        ("*.kubernetes.io", "a.b.kubernetes.io/a", false, "and not more than one"),
        ("pre*.io", "prefix.io/a", true, "a glob in a label"),
        ("?refix.io", "prefix.io/a", false, "the kubelet reads the question mark as a query"),
        ("[a-q]refix.io", "prefix.io/a", true, "a range"),
        ("[^p]refix.io", "prefix.io/a", false, "a negated range"),
        ("*.*.*", "a.b.c/d", true, "only globs"),
        ("docker.io", "docker.io/library/nginx", true, "Docker Hub by its name"),
        ("https://index.docker.io/v1/", "docker.io/library/nginx", true, "Docker Hub by its default key"),
        ("https://index.docker.io/v1/", "gcr.io/a", false, "which is for Docker Hub only"),
    ]) func matching(_ key: String, _ name: String, _ matches: Bool, _ reason: String) throws {
        let auths = #""\#(key)":{"username":"u","password":"p"}"#
        #expect(try Self.users(auths, name) == (matches ? ["u"] : []), "\(reason)")
    }

    @Test func orderIsByKeyDescending() throws {
        let auths = ["gcr.io", "gcr.io/a", "gcr.io/a/b", "*.io"].map {
            #""\#($0)":{"username":"\#($0)","password":"p"}"#
        }
        let all = auths.joined(separator: ",")
        #expect(try Self.users(all, "gcr.io/a/b") == ["gcr.io/a/b", "gcr.io/a", "gcr.io", "*.io"])
        #expect(try Self.users(all, "gcr.io/x") == ["gcr.io", "*.io"])
    }

    @Test(arguments: [
        ("dXNlcjpwYXNz", "user", "pass", "a length without padding"),
        ("dXNlcjpwYQ==", "user", "pa", "padded"),
        ("dXNlcjpwYQ", "user", "pa", "the same without padding"),
        ("dXNlcjphOmI=", "user", "a:b", "split at the first colon"),
        ("dXNlcjo=", "user", "", "an empty password"),
    ]) func auth(_ auth: String, _ username: String, _ password: String, _ reason: String) throws {
        let text = #"{"auths":{"a":{"auth":"\#(auth)","username":"x","password":"y"}}}"#
        let configuration = try DockerConfiguration(JSONParser.parse(text))
        #expect(configuration.credentials(for: "a/b") == [.basic(username: username, password: password)], "\(reason)")
    }

    @Test func keysThatTheKubeletIgnores() throws {
        let text = #"""
            {"auths":{"a":{"identitytoken":"t"},"b":{"registrytoken":"t"},"c":{}},"credsStore":"x","credHelpers":{"d":"y"}}
            """#
        #expect(try DockerConfiguration(JSONParser.parse(text)).entries.isEmpty)
        let old = try DockerConfiguration(JSONParser.parse(#"{"a":{"username":"u","password":"p"}}"#))
        #expect(old.credentials(for: "a/b").count == 1, "the old .dockercfg format")
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

/// Kubernetes Secrets as the API server returns them.
@Suite struct SecretReadingTests {
    static let modernType = "kubernetes.io/dockerconfigjson"
    static let oldType = "kubernetes.io/dockercfg"

    static func secret(_ type: String, _ key: String, _ content: String) -> JSONValue {
        ["kind": "Secret", "type": .string(type), "data": .object(.init([.init(key: key, value: .string(content))]))]
    }

    @Test(arguments: [
        (modernType, ".dockerconfigjson", #"{"auths":{"a":{"auth":"dTpw"}}}"#, 1, "the current type"),
        (modernType, ".dockerconfigjson", #"{"a":{"auth":"dTpw"}}"#, 0, "without auths it is empty, as in the kubelet"),
        (oldType, ".dockercfg", #"{"a":{"username":"u","password":"p"}}"#, 1, "the old type"),
        (oldType, ".dockercfg", #"{"auths":{"a":{"auth":"dTpw"}}}"#, 0, "the current format under the old type"),
    ]) func validSecrets(_ type: String, _ key: String, _ content: String, _ count: Int, _ reason: String) throws {
        let secret = Self.secret(type, key, Base64.encode(content.utf8))
        #expect(try DockerConfiguration(secret: secret).entries.filter { $0.key == "a" }.count == count, "\(reason)")
    }

    static let hunter = Base64.encode(#"{"auths":{"hunter2":{"auth":"hunter2!"}}}"#.utf8)

    @Test(
        arguments: [
            (secret("Opaque", ".dockerconfigjson", hunter), "type", "another type"),
            (["data": [".dockerconfigjson": .string(hunter)]], "type", "no type"),
            (secret(modernType, ".dockercfg", hunter), #"data[".dockerconfigjson"]"#, "the key of the other type"),
            (["type": .string(modernType)], #"data[".dockerconfigjson"]"#, "no data"),
            (
                ["type": .string(modernType), "data": "hunter2"], #"data[".dockerconfigjson"]"#,
                "data that is not an object"
            ),
            (secret(modernType, ".dockerconfigjson", ""), #"data[".dockerconfigjson"]"#, "empty"),
            (secret(modernType, ".dockerconfigjson", "hunter2!"), #"data[".dockerconfigjson"]"#, "not base64"),
            (
                secret(modernType, ".dockerconfigjson", Base64.encode("hunter2".utf8)), #"data[".dockerconfigjson"]"#,
                "not JSON"
            ),
            (
                secret(modernType, ".dockerconfigjson", Base64.encode("[]".utf8)), #"data[".dockerconfigjson"]"#,
                "not an object"
            ),
            (secret(modernType, ".dockerconfigjson", hunter), #"data[".dockerconfigjson"]"#, "an invalid auth"),
            (
                secret(oldType, ".dockercfg", Base64.encode(#"{"hunter2":{"username":5}}"#.utf8)),
                #"data[".dockercfg"]"#,
                "an invalid user name"
            ),
            ("hunter2", "", "not an object"),
        ] as [(JSONValue, String, String)]
    )
    func invalidSecrets(_ secret: JSONValue, _ path: String, _ reason: String) throws {
        let error = #expect(throws: FieldError.self, "\(reason)") { try DockerConfiguration(secret: secret) }
        #expect(error?.pathText == path, "\(reason)")
        #expect(error?.description.contains("hunter2") == false, "\(reason)")
    }
}
