import PodAdmission
import Testing

@testable import ImageRegistry

/// A malicious registry can cost the client only a bounded amount of time and memory.
@Suite(.timeLimit(.minutes(1))) struct HostileRegistryTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var reason: String
        var reply: FakeRegistry.Reply
        var code: UnresolvedReason.Code
        var requests = 1
        var testDescription: String { reason }
    }

    static func manifest(_ text: String, _ type: String = Fixture.manifest) -> FakeRegistry.Reply {
        .init(200, [("Content-Type", type)], text: text)
    }
    static func redirect(_ location: String) -> FakeRegistry.Reply { .init(307, [("Location", location)]) }

    static let deep = String(repeating: "[", count: 100_000)
    static let digest = "sha256:" + String(repeating: "a", count: 64)
    static let entry = #"{"mediaType":"\#(Fixture.manifest)","digest":"\#(digest)","size":1}"#
    static let huge = Array(repeating: entry, count: 1025).joined(separator: ",")
    static let image = Fixture.image(Fixture.config())

    static let rows: [Row] = [
        Row(
            reason: "HTML instead of JSON",
            reply: manifest("<html><b>Sign in</b></html>", "text/html"),
            code: .badResponse
        ),
        Row(reason: "an empty body", reply: manifest(""), code: .badResponse),
        Row(reason: "a list", reply: manifest("[]"), code: .badResponse),
        Row(reason: "bad UTF-8", reply: .init(200, [], .bytes([0x7B, 0x22, 0xFF, 0xFE, 0x22])), code: .badResponse),
        Row(reason: "nested very deeply", reply: manifest(deep), code: .badResponse),
        Row(
            reason: "nested in an unused member",
            reply: manifest(
                #"{"manifests":[],"x":"# + String(repeating: "[", count: 40)
                    + String(repeating: "]", count: 40) + "}"
            ),
            code: .badResponse
        ),
        Row(reason: "1,025 entries", reply: manifest(#"{"manifests":[\#(huge)]}"#), code: .badResponse),
        Row(
            reason: "a digest with a path in it",
            reply: manifest(
                #"{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"../../secret"}}"#
            ),
            code: .badResponse
        ),
        Row(
            reason: "an image and an index in one",
            reply: manifest(#"{"manifests":[],"config":\#(entry),"layers":[]}"#),
            code: .badResponse
        ),
        Row(
            reason: "an index that its header calls an image",
            reply: manifest(#"{"manifests":[]}"#),
            code: .badResponse
        ),
        Row(reason: "neither an image nor an index", reply: manifest("{}"), code: .badResponse),
        Row(
            reason: "a manifest of schema 1",
            reply: manifest(
                #"{"schemaVersion":1,"fsLayers":[]}"#,
                "application/vnd.docker.distribution.manifest.v1+json"
            ),
            code: .badResponse
        ),
        Row(
            reason: "content that does not match the digest in its header",
            reply: .init(200, [("Docker-Content-Digest", digest)], .bytes(image.bytes)),
            code: .badResponse
        ),
        Row(
            reason: "a header that is not a digest",
            reply: .init(200, [("Docker-Content-Digest", "latest")], .bytes(image.bytes)),
            code: .badResponse
        ),
        Row(reason: "a length of 5 GB", reply: .init(200, [("X", "y")], .endless), code: .badResponse),
        Row(reason: "the metadata service", reply: redirect("http://169.254.169.254/latest"), code: .forbiddenAddress),
        Row(
            reason: "the metadata service, mapped into IPv6",
            reply: redirect("http://[::ffff:a9fe:a9fe]/latest"),
            code: .forbiddenAddress
        ),
        Row(reason: "another port on loopback", reply: redirect("http://127.0.0.1:1/"), code: .forbiddenAddress),
        Row(reason: "loopback by name", reply: redirect("http://localhost:1/"), code: .forbiddenAddress),
        Row(reason: "loopback unspecified", reply: redirect("http://0.0.0.0:1/"), code: .forbiddenAddress),
        Row(reason: "loopback as a number", reply: redirect("http://2130706433:1/"), code: .badResponse),
        Row(reason: "another scheme", reply: redirect("file:///etc/passwd"), code: .badResponse),
        Row(reason: "a user in the location", reply: redirect("http://a:b@example.com/"), code: .badResponse),
        Row(reason: "no location", reply: .init(307), code: .badResponse),
        Row(reason: "a redirect loop", reply: redirect("/v2/app/manifests/v1"), code: .badResponse, requests: 4),
        Row(reason: "a 500", reply: .init(500, text: "secret"), code: .registryError),
        Row(reason: "a 403", reply: .init(403, text: "secret"), code: .unauthorized),
        Row(reason: "a 401 without a challenge", reply: .init(401, text: "secret"), code: .unauthorized),
        Row(reason: "a 418", reply: .init(418, text: "secret"), code: .badResponse),
        Row(
            reason: "a token server behind plain HTTP of the metadata service",
            reply: .init(401, [("WWW-Authenticate", #"Bearer realm="http://169.254.169.254/t",service="x""#)]),
            code: .forbiddenAddress
        ),
        Row(
            reason: "a token server that is not a URL",
            reply: .init(401, [("WWW-Authenticate", #"Bearer realm="javascript:alert(1)",service="x""#)]),
            code: .unauthorized
        ),
    ]

    @Test(arguments: rows) func maliciousResponses(_ row: Row) async throws {
        try await FakeRegistry.run { registry in
            registry.set("/v2/app/manifests/v1", row.reply)
            try await ImageInspector.withInspector(registry.configuration(auth: "user:password")) { inspector in
                let reason = try #require(await inspector.answer("\(registry.host)/app:v1")?.reason)
                #expect(reason.code == row.code, "\(reason)")
                #expect(!reason.detail.contains("secret") && !reason.detail.contains("<"))
                #expect(reason.detail.utf8.count < 120)
                #expect(registry.log.count == row.requests, "\(registry.log)")
            }
        }
    }

    @Test func errorsContainKnownCodesOnly() async throws {
        try await FakeRegistry.run { registry in
            registry.set("/v2/app/manifests/v1", .init(404, text: #"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#))
            registry.set("/v2/app/manifests/v2", .init(404, text: #"{"errors":[{"code":"<script>"}]}"#))
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let first = await inspector.answer("\(registry.host)/app:v1")?.reason
                #expect(first == UnresolvedReason(.notFound, "127.0.0.1: the server answered 404 MANIFEST_UNKNOWN"))
                let second = await inspector.answer("\(registry.host)/app:v2")?.reason
                #expect(second == UnresolvedReason(.notFound, "127.0.0.1: the server answered 404"))
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func endlessBodyIsNotRead() async throws {
        try await FakeRegistry.run { registry in
            registry.set("/v2/app/manifests/v1", .init(200, [], .endless))
            registry.set("/v2/app/manifests/v2", .init(500, [], .endless))
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                // An answer that is cut off at the limit, not at the deadline.
                for (tag, code) in [("v1", UnresolvedReason.Code.badResponse), ("v2", .registryError)] {
                    #expect(await inspector.answer("\(registry.host)/app:\(tag)")?.reason?.code == code)
                }
            }
            // The client closes both connections, although the bodies go on.
            var cuts = 0
            for await _ in registry.cutOff {
                cuts += 1
                if cuts == 2 { break }
            }
        }
    }

    @Test(arguments: [FakeRegistry.Reply.Body.drip, .silence])
    func slowResponsesEndWithTheLookup(_ body: FakeRegistry.Reply.Body) async throws {
        try await FakeRegistry.run { registry in
            registry.set("/v2/app/manifests/v1", .init(200, [], body))
            var configuration = try registry.configuration()
            configuration.lookupTimeout = .milliseconds(200)
            try await ImageInspector.withInspector(configuration) { inspector in
                let start = ContinuousClock.now
                #expect(await inspector.answer("\(registry.host)/app:v1")?.reason?.code == .deadline)
                #expect(ContinuousClock.now - start < .seconds(8), "before the caller's own deadline")
            }
        }
    }

    @Test func contentThatDoesNotMatchItsDigest() async throws {
        try await FakeRegistry.run { registry in
            let (one, other) = (Fixture.image(Fixture.config()), Fixture.image(Fixture.config("wasi/wasm")))
            registry.set(
                "/v2/app/manifests/\(one.digest)",
                .init(200, [("Content-Type", one.type)], .bytes(other.bytes))
            )
            registry.put("app", tag: "v1", one)
            registry.set("/v2/app/blobs/\(Fixture.config().digest)", .init(200, [], text: #"{"os":"wasi"}"#))
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                for image in ["app@\(one.digest)", "app:v1"] {
                    #expect(await inspector.answer("\(registry.host)/\(image)")?.reason?.code == .badResponse)
                }
            }
        }
    }

    @Test(arguments: [3, 40]) func deeplyNestedIndexes(_ depth: Int) async throws {
        try await FakeRegistry.run { registry in
            var inner = Fixture.index([("linux/amd64", Self.image), ("wasi/wasm", Self.image)])
            registry.put("app", inner)
            for _ in 0..<depth {
                inner = Fixture.index([(nil, inner), ("linux/arm64", Self.image)])
                registry.put("app", inner)
            }
            let top = inner
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let answer = await inspector.answer("\(registry.host)/app@\(top.digest)")
                #expect(answer?.reason?.code == .badResponse)
                #expect(registry.log.count == 3, "the index and two nested indexes")
            }
        }
    }

    @Test func manyNestedIndexes() async throws {
        try await FakeRegistry.run { registry in
            let inner = (0..<100).map { Fixture.index([("linux/amd64", Self.image), ("a/b\($0)", Self.image)]) }
            for blob in inner { registry.put("app", blob) }
            registry.put("app", tag: "v1", Fixture.index(inner.map { (nil, $0) }))
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                #expect(await inspector.answer("\(registry.host)/app:v1")?.reason?.code == .badResponse)
                #expect(registry.log.count == 9)
            }
        }
    }

    @Test func loopbackIsForOperatorHostsOnly() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Fixture.config())
            try await ImageInspector.withInspector { inspector in
                for host in [registry.host, "localhost:\(registry.port)", "[::1]:\(registry.port)"] {
                    #expect(await inspector.answer("\(host)/app:v1")?.reason?.code == .forbiddenAddress, "\(host)")
                }
            }
            #expect(registry.log.isEmpty)
        }
    }

    @Test func changedAddressIsRefusedOnConnection() async throws {
        /// Returns a public address for every name.
        struct Liar: HostResolver {
            func addresses(of host: String) async -> [IPAddress] { [IPAddress(bytes: [93, 184, 216, 34])] }
        }
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Fixture.config())
            let transport = Transport(
                tls: try TLSSettings(registries: RegistriesConfiguration()),
                proxies: try ProxySettings(environment: [:]),
                addressGuard: AddressGuard(resolver: Liar(), now: { .now }),
                connectTimeout: .seconds(3)
            )
            let url = try #require(WebURL("http://localhost:\(registry.port)/v2/app/manifests/v1"))
            for _ in 0..<3 {
                await #expect(
                    throws: RegistryFailure(
                        .forbiddenAddress,
                        AddressGuard.forbidden("localhost", .address).reason.detail
                    )
                ) {
                    try await transport.send(TransportRequest(url: url, limit: 1024))
                }
            }
            var allowed = TransportRequest(url: url, limit: 1024)
            allowed.trust = .configured
            #expect(try await transport.send(allowed).status == 200)
            await transport.shutdown()
            #expect(registry.log.count == 1, "no request was written to the refused connections")
        }
    }
}

/// Documents that a node reads in another way than a reader that compares keys exactly have no answer.
@Suite struct AmbiguousDocumentTests {
    enum Place: Sendable { case manifest, config, index }

    static let digest = "sha256:" + String(repeating: "a", count: 64)
    static let descriptor = #""mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(digest)""#

    @Test(
        arguments: [
            (.config, #"{"os":"linux","architecture":"amd64","config":{"entrypoint":["/evil.wasm"]}}"#, "lower case"),
            (
                .config, #"{"config":{"Entrypoint":["/bin/true"]},"Config":{"Entrypoint":["/evil.wasm"]}}"#,
                "twice, by case"
            ),
            (.config, #"{"config":{"Entrypoint":["/a"],"Entrypoint":["/evil.wasm"]}}"#, "twice, the same"),
            (.config, #"{"config":{"CMD":["/evil.wasm"]}}"#, "upper case"),
            (.config, #"{"config":{"Entrypoint":["/a"],"workingdir":"/x"}}"#, "the folder in lower case"),
            (.config, #"{"oſ":"wasi","architecture":"wasm","config":{}}"#, "the long s, which Go folds to s"),
            (.config, #"{"os":"linux","OS":"wasi","config":{}}"#, "the platform twice"),
            (.manifest, #"{"config":{\#(descriptor)},"Config":{\#(descriptor)},"layers":[]}"#, "two configs"),
            (.manifest, #"{"config":{\#(descriptor)},"layers":[],"Layers":[]}"#, "two lists of layers"),
            (.manifest, #"{"config":{\#(descriptor),"Digest":"\#(digest)"},"layers":[]}"#, "two digests"),
            (.manifest, #"{"config":{\#(descriptor)},"layers":[],"Manifests":[]}"#, "an index by another case"),
            (
                .manifest,
                #"{"config":{\#(descriptor)},"annotations":{"run.oci.handler":"a","run.oci.handler":"wasm"}}"#,
                "an annotation twice"
            ),
            (.index, #"{"manifests":[],"MANIFESTS":[{\#(descriptor)}]}"#, "two lists of entries"),
            (.index, #"{"manifests":[{\#(descriptor),"platform":{"os":"linux","Os":"wasi"}}]}"#, "two systems"),
        ] as [(Place, String, Comment)]
    )
    func ambiguousField(_ place: Place, _ text: String, _ reason: Comment) throws {
        let error = #expect(throws: RegistryFailure.self, reason) {
            switch place {
            case .config: _ = try OCIImageConfig.parse(Array(text.utf8), host: "r")
            case .manifest, .index: _ = try OCIDocument.parse(Array(text.utf8), contentType: nil, host: "r")
            }
        }
        #expect(error?.reason.detail.contains("ambiguous") == true, "\(error?.reason.detail ?? "")")
    }

    @Test(arguments: [
        (#"{"config":{"Entrypoint":["/a"],"Labels":{"cmd":"x","CMD":"y"}}}"#, "labels are a map of any keys"),
        (#"{"config":{"Entrypoint":["/a"]},"container_config":{"Entrypoint":["/b"]}}"#, "Docker's other config"),
        (#"{"os":"linux","created":"x","history":[{"created_by":"c"}],"config":{}}"#, "other fields"),
    ])
    func plainConfigIsRead(_ text: String, _ reason: Comment) throws {
        #expect(throws: Never.self, reason) { try OCIImageConfig.parse(Array(text.utf8), host: "r") }
    }

    @Test func ambiguousConfigIsUnresolved() async throws {
        try await FakeRegistry.run { registry in
            let config = Fixture.Blob(
                text: #"{"os":"linux","architecture":"amd64","config":{"entrypoint":["/evil.wasm"]}}"#,
                type: "application/vnd.oci.image.config.v1+json"
            )
            registry.put("app", tag: "v1", Fixture.image(config), config)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let reason = try #require(await inspector.answer("\(registry.host)/app:v1")?.reason)
                #expect(reason.code == .badResponse)
                #expect(reason.detail.hasSuffix("ambiguous: Entrypoint is written with other letters"))
            }
        }
    }
}
