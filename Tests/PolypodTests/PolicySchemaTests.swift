import JSON
import PodAdmission
import Testing

@testable import polypod

/// The schema of the CRD and the reader of policies must accept the same fields and words.
@Suite("Schema of policies")
struct PolicySchemaTests {
    /// A field of the schema with a valid value.
    struct Field: CustomTestStringConvertible {
        let path: [String]
        let value: JSONValue
        let isClosed: Bool

        var testDescription: String { path.joined(separator: ".") }
    }

    /// Values for fields whose schema has a pattern.
    static let samples: [String: JSONValue] = [
        "dnsServer": "10.96.0.10", "match": "docker.io/library/nginx", "allowed": "ghcr.io/acme/*",
        "nodePlatforms": "linux/amd64",
    ]

    static func specification() throws -> JSONValue {
        let definition = try Repository.document("deploy/crds/wasmpolicies.polypod.dev.yaml")
        let schema = definition["spec"]?["versions"]?.array?.first?["schema"]?["openAPIV3Schema"]
        return schema?["properties"]?["spec"] ?? .null
    }

    /// Every field of `schema`, once for each of its values.
    static func fields(of schema: JSONValue, at path: [String]) -> [Field] {
        let properties = schema["properties"]?.object?.members ?? []
        return properties.flatMap { member -> [Field] in
            let path = path + [member.key]
            let inner = fields(of: member.value, at: path)
            return values(of: member.value, named: member.key).map { value in
                Field(path: path, value: value, isClosed: member.value["properties"] != nil)
            } + inner
        }
    }

    /// Valid values of `schema`: all words of an enumeration, otherwise some examples.
    static func values(of schema: JSONValue, named name: String) -> [JSONValue] {
        if let words = schema["enum"]?.array { return words }
        switch schema["type"]?.string {
        case "boolean": return [true, false]
        case "integer": return ["minimum", "maximum", "default"].compactMap { schema[$0] }
        case "string": return [samples[name] ?? "crun-wasmedge"]
        case "array": return values(of: schema["items"] ?? .null, named: name).map { [$0] }
        default:
            var object = JSONObject()
            for key in schema["required"]?.array?.compactMap(\.string) ?? [] {
                let property = schema["properties"]?[key] ?? .null
                // The operators In and NotIn would need values.
                let value = key == "operator" ? "Exists" : values(of: property, named: key).first ?? .null
                object.members.append(.init(key: key, value: value))
            }
            return [.object(object)]
        }
    }

    /// A policy with `value` at `path` of its spec.
    static func policy(_ path: [String], _ value: JSONValue) throws(FieldError) -> WasmPolicy {
        let spec = path.reversed().reduce(value) { value, key in .object(JSONObject([.init(key: key, value: value)])) }
        return try WasmPolicy(reading: [
            "apiVersion": "polypod.dev/v1alpha1", "kind": "WasmPolicy", "metadata": ["name": "p"], "spec": spec,
        ])
    }

    @Test func readsEveryValueOfTheSchema() throws {
        let fields = Self.fields(of: try Self.specification(), at: [])
        #expect(fields.count > 80)
        for field in fields {
            #expect(throws: Never.self, "\(field.testDescription): \(field.value)") {
                try Self.policy(field.path, field.value)
            }
        }
    }

    @Test func readsNoFieldThatTheSchemaDoesNotHave() throws {
        let specification = try Self.specification()
        let closed = [[]] + Self.fields(of: specification, at: []).filter(\.isClosed).map(\.path)
        for path in closed {
            let error = #expect(throws: FieldError.self, "\(path)") { try Self.policy(path + ["surplus"], true) }
            // The error lists the fields that the reader accepts.
            guard let known = error?.reason.split(separator: "known here: ").last, error?.reason != "no such check"
            else {
                continue
            }
            let schema = path.reduce(specification) { $0["properties"]?[$1] ?? .null }
            let properties = schema["properties"]?.object?.members.map(\.key) ?? []
            #expect(Set(properties) == Set(known.split(separator: ", ").map(String.init)), "\(path)")
        }
    }

    @Test func hasTheSameWordsAndDefaults() throws {
        let properties = try #require(try Self.specification()["properties"])
        func words(_ path: String...) -> [String] {
            let schema = path.dropFirst().reduce(properties[path[0]]) { $0?["properties"]?[$1] ?? $0?["items"] }
            return schema?["enum"]?.array?.compactMap(\.string) ?? []
        }
        #expect(words("mode") == WasmPolicy.Mode.allCases.map(\.rawValue))
        #expect(words("runtime", "variant") == WasmPolicy.Variant.allCases.map(\.rawValue))
        #expect(words("onUnresolvedImage") == WasmPolicy.OnUnresolvedImage.allCases.map(\.rawValue))
        #expect(words("workloads") == WasmPolicy.OnWorkload.allCases.map(\.rawValue))
        let checks = try #require(properties["checks"]?["properties"]?.object)
        #expect(
            checks.members.map(\.key)
                == CheckCode.allCases.filter { $0 != .imageUnresolved }.map(\.rawValue)
        )
        for check in checks.members {
            #expect(check.value["enum"]?.array?.compactMap(\.string) == FindingAction.allCases.map(\.rawValue))
        }
        var withDefaults = WasmPolicy()
        withDefaults.name = "p"
        for (path, schema) in Self.defaults(of: try Self.specification(), at: []) {
            #expect(try Self.policy(path, schema) == withDefaults, "\(path)")
        }
    }

    /// The defaults of the schema, with their paths.
    static func defaults(of schema: JSONValue, at path: [String]) -> [([String], JSONValue)] {
        (schema["properties"]?.object?.members ?? []).flatMap { member in
            (member.value["default"].map { [(path + [member.key], $0)] } ?? [])
                + defaults(of: member.value, at: path + [member.key])
        }
    }
}
