import Basics
import JSON
import PodAdmission
import Testing

@testable import ImageRegistry

/// Secrets as the API server returns them.
@Suite struct SecretReadingTests {
    static let modern = "kubernetes.io/dockerconfigjson"
    static let older = "kubernetes.io/dockercfg"

    static func secret(_ type: String, _ key: String, _ content: String) -> JSONValue {
        ["kind": "Secret", "type": .string(type), "data": .object(.init([.init(key: key, value: .string(content))]))]
    }

    @Test(arguments: [
        (modern, ".dockerconfigjson", #"{"auths":{"a":{"auth":"dTpw"}}}"#, 1, "the form of today"),
        (modern, ".dockerconfigjson", #"{"a":{"auth":"dTpw"}}"#, 0, "without auths it holds none, as to the kubelet"),
        (older, ".dockercfg", #"{"a":{"username":"u","password":"p"}}"#, 1, "the older form"),
        (older, ".dockercfg", #"{"auths":{"a":{"auth":"dTpw"}}}"#, 0, "the newer form under the older type"),
    ]) func reads(_ type: String, _ key: String, _ content: String, _ count: Int, _ reason: String) throws {
        let secret = Self.secret(type, key, Base64.encode(content.utf8))
        #expect(try DockerConfiguration(secret: secret).entries.filter { $0.key == "a" }.count == count, "\(reason)")
    }

    static let hunter = Base64.encode(#"{"auths":{"hunter2":{"auth":"hunter2!"}}}"#.utf8)

    @Test(
        arguments: [
            (secret("Opaque", ".dockerconfigjson", hunter), "type", "another type"),
            (["data": [".dockerconfigjson": .string(hunter)]], "type", "no type"),
            (secret(modern, ".dockercfg", hunter), #"data[".dockerconfigjson"]"#, "the other type's key"),
            (["type": .string(modern)], #"data[".dockerconfigjson"]"#, "no data"),
            (["type": .string(modern), "data": "hunter2"], #"data[".dockerconfigjson"]"#, "data that is no object"),
            (secret(modern, ".dockerconfigjson", ""), #"data[".dockerconfigjson"]"#, "empty"),
            (secret(modern, ".dockerconfigjson", "hunter2!"), #"data[".dockerconfigjson"]"#, "no base64"),
            (
                secret(modern, ".dockerconfigjson", Base64.encode("hunter2".utf8)), #"data[".dockerconfigjson"]"#,
                "no JSON"
            ),
            (secret(modern, ".dockerconfigjson", Base64.encode("[]".utf8)), #"data[".dockerconfigjson"]"#, "no object"),
            (secret(modern, ".dockerconfigjson", hunter), #"data[".dockerconfigjson"]"#, "a bad auth"),
            (
                secret(older, ".dockercfg", Base64.encode(#"{"hunter2":{"username":5}}"#.utf8)), #"data[".dockercfg"]"#,
                "a bad user name"
            ),
            ("hunter2", "", "no object"),
        ] as [(JSONValue, String, String)]
    )
    func refuses(_ secret: JSONValue, _ path: String, _ reason: String) throws {
        let error = #expect(throws: FieldError.self, "\(reason)") { try DockerConfiguration(secret: secret) }
        #expect(error?.pathText == path, "\(reason)")
        #expect(error?.description.contains("hunter2") == false, "\(reason)")
    }
}
