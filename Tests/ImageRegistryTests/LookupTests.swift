import Basics
import PodAdmission
import TestSupport
import Testing

@testable import ImageRegistry

/// The number of requests for an image, and the facts that they give.
@Suite(.timeLimit(.minutes(1))) struct LookupTests {
    /// The content of a registry, and the expected requests and facts.
    struct Row: Sendable, CustomTestStringConvertible {
        var reason: String
        var blobs: [Fixture.Blob]
        var trips: Int
        var platforms: [String]
        var program: [String] = []
        var unrunnable: UnrunnableImage?
        var testDescription: String { reason }
    }

    static let linux = Fixture.config()
    static let wasm = Fixture.config("wasi/wasm", entrypoint: ["/app.wasm"])
    static let linuxImage = Fixture.image(linux)
    static let wasmImage = Fixture.image(wasm)
    static let attestation = Fixture.image(Fixture.config("unknown/unknown"))
    static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    static let dockerConfig = "application/vnd.docker.container.image.v1+json"
    static let linuxProgram = Fixture.config("linux/amd64", entrypoint: ["/app.wasm"])
    static let linuxWasm = Fixture.image(linuxProgram)
    static let wrapped = Fixture.index([("linux/amd64", linuxImage), ("unknown/unknown", attestation)])
    /// An ordinary image: its manifest is too long for a module alone.
    static let largeImage = Fixture.image(
        linux,
        layers: Array(repeating: "application/vnd.oci.image.layer.v1.tar+gzip", count: 8)
    )
    static let nested = Fixture.index([("linux/amd64", largeImage), ("wasi/wasm", wasmImage)])

    static func artifact(_ config: String, _ layers: [String] = []) -> Fixture.Blob {
        Fixture.image(linux, configType: config, layers: layers)
    }

    static let rows: [Row] = [
        Row(
            reason: "a single manifest needs its config",
            blobs: [wasmImage, wasm],
            trips: 2,
            platforms: ["wasi/wasm"],
            program: ["/app.wasm"]
        ),
        Row(
            reason: "Docker's media types mean the same",
            blobs: [Fixture.image(linux, configType: dockerConfig, type: dockerManifest), linux],
            trips: 2,
            platforms: ["linux/amd64"],
            program: ["/app"]
        ),
        Row(
            reason: "an index of ordinary images needs no other request",
            blobs: [Fixture.index([("linux/amd64", largeImage), ("wasi/wasm", wasmImage)])],
            trips: 1,
            platforms: ["linux/amd64", "wasi/wasm"]
        ),
        Row(
            reason: "the Wasm entry of a Wasm-only index is read, also next to an attestation",
            blobs: [Fixture.index([("wasi/wasm", wasmImage), ("unknown/unknown", attestation)]), wasmImage, wasm],
            trips: 3,
            platforms: ["wasi/wasm"],
            program: ["/app.wasm"]
        ),
        Row(
            reason: "the Linux entry of an index with one entry is read, because its program can be Wasm",
            blobs: [
                Fixture.index([("linux/amd64", linuxImage), ("unknown/unknown", attestation)]), linuxImage, linux,
            ],
            trips: 3,
            platforms: ["linux/amd64"],
            program: ["/app"]
        ),
        Row(
            reason: "the entry of an index with one entry without a platform is read",
            blobs: [Fixture.index([(nil, wasmImage)]), wasmImage, wasm],
            trips: 3,
            platforms: ["wasi/wasm"],
            program: ["/app.wasm"]
        ),
        Row(
            reason: "of several small images one is read: they can be one module built for two platforms",
            blobs: [Fixture.index([("linux/amd64", linuxWasm), ("linux/arm64", linuxWasm)]), linuxWasm, linuxProgram],
            trips: 3,
            platforms: ["linux/amd64", "linux/arm64"],
            program: ["/app.wasm"]
        ),
        Row(
            reason: "an image in an index in an index",
            blobs: [
                Fixture.index([("linux/amd64", wrapped), ("unknown/unknown", attestation)]), wrapped, linuxImage, linux,
            ],
            trips: 4,
            platforms: ["linux/amd64"],
            program: ["/app"]
        ),
        Row(
            reason: "a nested index is read",
            blobs: [Fixture.index([("linux/arm64", largeImage), (nil, nested)]), nested],
            trips: 2,
            platforms: ["linux/arm64", "linux/amd64", "wasi/wasm"]
        ),
        Row(reason: "an empty index has no platforms", blobs: [Fixture.index([])], trips: 1, platforms: []),
        Row(
            reason: "the config type identifies the CNCF artifact",
            blobs: [artifact("application/vnd.wasm.config.v0+json", ["application/wasm"])],
            trips: 1,
            platforms: [],
            unrunnable: .artifact
        ),
        Row(
            reason: "the config type identifies an Envoy plugin",
            blobs: [
                artifact(
                    "application/vnd.module.wasm.config.v1+json",
                    ["application/vnd.module.wasm.content.layer.v1+wasm"]
                )
            ],
            trips: 1,
            platforms: [],
            unrunnable: .envoyPlugin
        ),
        Row(
            reason: "the layer types identify Spin",
            blobs: [
                artifact("application/vnd.oci.image.config.v1+json", ["application/vnd.wasm.content.layer.v1+wasm"])
            ],
            trips: 1,
            platforms: [],
            unrunnable: .spin
        ),
        Row(
            reason: "the layer types identify the old format of runwasi",
            blobs: [
                artifact(
                    "application/vnd.oci.image.config.v1+json",
                    ["application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"]
                )
            ],
            trips: 1,
            platforms: [],
            unrunnable: .artifact
        ),
        Row(
            reason: "a Helm chart is not an image, so its config is not read",
            blobs: [artifact("application/vnd.cncf.helm.config.v1+json")],
            trips: 1,
            platforms: []
        ),
    ]

    @Test(arguments: rows) func firstLookup(_ row: Row) async throws {
        try await FakeRegistry.run { registry in
            for blob in row.blobs { registry.put("app", blob) }
            registry.set("/v2/app/manifests/v1", row.blobs[0].reply())
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                let report = try #require(await inspector.reports(on: [image], deadline: .now + .seconds(40)).first)
                let facts = try #require(report.answer.facts, "\(report.answer)")
                #expect(registry.log.count == row.trips, "\(registry.log)")
                #expect(report.roundTrips == row.trips)
                #expect(report.credential == .anonymous)
                #expect(report.endpoint == registry.host)
                #expect(facts.digest == row.blobs[0].digest)
                #expect(facts.platforms.map(\.description) == row.platforms)
                let described: ImageDescription? =
                    switch facts.content {
                    case .image(let image): image
                    case .index(_, let read): read.first?.image
                    }
                #expect(described?.entrypoint ?? [] == row.program)
                #expect(described?.unrunnable == row.unrunnable)
                // The answer is cached under the digest too.
                registry.forget()
                #expect(await inspector.answer("\(registry.host)/app@\(facts.digest)")?.facts == facts)
                #expect(registry.log.isEmpty)
            }
        }
    }

    @Test func annotationsOfManifest() async throws {
        try await FakeRegistry.run { registry in
            let text = #"{"module.wasm.image/variant":"compat-smart","run.oci.handler":"wasm"}"#
            registry.put("app", tag: "v1", Fixture.image(Self.wasm, annotations: text), Self.wasm)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let facts = try #require(await inspector.answer("\(registry.host)/app:v1")?.facts)
                guard case .image(let image) = facts.content else {
                    Issue.record("no image")
                    return
                }
                #expect(image.annotations == WasmAnnotations(variant: "compat-smart", handler: "wasm"))
                #expect(image.workingDirectory == "/srv")
            }
        }
    }

    @Test func concurrentCallsShareOneLookup() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.wasmImage, Self.wasm)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<200 { group.addTask { await inspector.answer(image)?.facts != nil } }
                    for await isResolved in group { #expect(isResolved) }
                }
                #expect(registry.log.count == 2, "200 simultaneous cold look-ups")
                for _ in 0..<1000 { #expect(await inspector.answer(image)?.facts != nil) }
                #expect(registry.log.count == 2, "1,000 warm look-ups")
            }
        }
    }

    @Test func lookupContinuesWhenItsFirstCallerGivesUp() async throws {
        try await FakeRegistry.run { registry in
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            registry.set("/v2/app/blobs/\(Self.wasm.digest)", Self.wasm.reply())
            registry.handle { _ in
                for await _ in gate { break }
                return Self.wasmImage.reply()
            }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                let first = await inspector.answer(image, within: .milliseconds(50))
                #expect(first?.reason?.code == .deadline)
                async let second = inspector.answer(image)
                opener.yield()
                #expect(await second?.facts != nil)
                #expect(registry.log.count == 2)
            }
        }
    }

    @Test func lookupsOfOneCallAreBounded() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { _ in .init(200, [], .silence) }
            var configuration = try registry.configuration()
            configuration.lookupsPerRegistry = 1000
            try await ImageInspector.withInspector(configuration) { inspector in
                let images = (0..<1000).map { "\(registry.host)/app:v\($0)" }
                let start = ContinuousClock.now
                let answers = await inspector.answers(for: images, deadline: .now + .milliseconds(300))
                #expect(ContinuousClock.now - start < .seconds(8), "the registry would take a minute")
                let codes = answers.values.compactMap { $0.reason?.code }
                #expect(codes.filter { $0 == .deadline }.count == 64)
                #expect(codes.filter { $0 == .overloaded }.count == 936)
                #expect(registry.log.count <= 64)
            }
        }
    }

    @Test func invalidReferences() async throws {
        try await ImageInspector.withInspector { inspector in
            let texts = ["", "x/UPPER", "a b", "x@sha256:12", "app\u{7}"]
            let answers = await inspector.answers(for: texts + texts, deadline: .now + .seconds(1))
            #expect(answers.count == texts.count)
            for answer in answers.values { #expect(answer.reason?.code == .badReference) }
        }
    }

    @Test func stoppedInspectorRefusesLookups() async throws {
        let inspector = try ImageInspector()
        inspector.stop()
        await inspector.run()
        #expect(await inspector.answer("ghcr.io/a/b:c")?.reason?.code == .overloaded)
    }

    @Test("An image that was read from an index is cached under its own digest too")
    func imageBehindAnIndex() async throws {
        try await FakeRegistry.run { registry in
            let index = Fixture.index([("wasi/wasm", Self.wasmImage), ("unknown/unknown", Self.attestation)])
            registry.put("app", tag: "v1", index, Self.wasmImage, Self.wasm)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                _ = await inspector.answer("\(registry.host)/app:v1")
                registry.forget()
                let pinned = "\(registry.host)/app@\(Self.wasmImage.digest)"
                let facts = try #require(await inspector.answer(pinned)?.facts)
                guard case .image(let image) = facts.content else {
                    Issue.record("not an image")
                    return
                }
                #expect(image.entrypoint == ["/app.wasm"])
                #expect(registry.log.isEmpty, "the validating webhook asks for nothing again")
            }
        }
    }

    @Test("The Wasm entry of a multi-platform index is read only for decisions that prefer it")
    func preferredEntry() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.nested, Self.largeImage, Self.linux, Self.wasmImage, Self.wasm)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                for (prefersWasm, requests, read) in [(false, 1, 0), (true, 3, 1), (false, 0, 1), (true, 0, 1)] {
                    registry.forget()
                    let preference = EntryPreference(prefersWasm: prefersWasm)
                    let reports = await inspector.reports(
                        on: [image],
                        preference: preference,
                        deadline: .now + .seconds(40)
                    )
                    guard case .index(_, let images)? = reports.first?.answer.facts?.content else {
                        Issue.record("not an index: \(reports)")
                        return
                    }
                    #expect(images.count == read)
                    #expect(registry.log.count == requests)
                }
            }
        }
    }

    @Test("Every entry that a node can pull is read if the policy allows only some Wasm images")
    func everyEntry() async throws {
        try await FakeRegistry.run { registry in
            let evil = Fixture.image(
                Self.linuxProgram,
                layers: Array(repeating: "application/vnd.oci.image.layer.v1.tar+gzip", count: 8)
            )
            let index = Fixture.index([
                ("linux/arm64", Self.largeImage), ("Linux/x86_64", evil), ("windows/amd64", Self.largeImage),
            ])
            registry.put("app", tag: "v1", index, Self.largeImage, Self.linux, evil, Self.linuxProgram)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                for (all, count, requests) in [(false, 0, 1), (true, 2, 5)] {
                    registry.forget()
                    let reports = await inspector.reports(
                        on: [image],
                        preference: EntryPreference(readsEveryEntry: all),
                        deadline: .now + .seconds(40)
                    )
                    guard case .index(_, let images)? = reports.first?.answer.facts?.content else {
                        Issue.record("not an index: \(reports)")
                        return
                    }
                    #expect(images.count == count)
                    #expect(registry.log.count == requests)
                }
            }
        }
    }

    @Test("The Wasm entry of an index can be an index; an image that is missing is unresolved")
    func brokenWasmEntry() async throws {
        try await FakeRegistry.run { registry in
            registry.put("gone", tag: "v1", Fixture.index([("wasi/wasm", Self.wasmImage)]))
            let wrapped = Fixture.index([("wasi/wasm", Self.nested)])
            registry.put("nested", tag: "v1", wrapped, Self.nested, Self.wasmImage, Self.wasm)
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                #expect(await inspector.answer("\(registry.host)/gone:v1")?.reason?.code == .notFound)
                let facts = try #require(await inspector.answer("\(registry.host)/nested:v1")?.facts)
                guard case .index(let entries, let read) = facts.content else {
                    Issue.record("not an index")
                    return
                }
                #expect(entries.map(\.digest) == [Self.wasmImage.digest], "the manifest, not the nested index")
                #expect(read.map(\.image.digest) == [Self.wasmImage.digest])
            }
        }
    }

    @Test("After one call has reached its deadline, the next call does not wait for the same look-up")
    func silentRegistryCostsOneDeadline() async throws {
        try await FakeRegistry.run { registry in
            let silence = Promise<Void>()
            registry.handle { _ in
                _ = await silence.value()
                return Fixture.index([]).reply()
            }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let image = "\(registry.host)/app:v1"
                let budget = Duration.seconds(1)
                let start = ContinuousClock.now
                #expect(await inspector.answer(image, within: budget)?.reason?.code == .deadline)
                #expect(start.duration(to: .now) >= budget)
                try await eventually { registry.log.count == 1 }
                let second = ContinuousClock.now
                for _ in 0..<10 {
                    #expect(await inspector.answer(image, within: budget)?.reason?.code == .deadline)
                }
                #expect(second.duration(to: .now) < budget, "ten more calls wait less than one would")
                #expect(registry.log.count == 1, "the look-up goes on behind them")
                silence.fulfill(())
                #expect(await inspector.answer(image)?.facts != nil, "a call with more time still gets the answer")
            }
        }
    }
}
