import Basics
import JSON
import PodAdmission
import TestSupport
import Testing

@testable import ImageRegistry

/// The answers and requests while registries fail.
@Suite(.timeLimit(.minutes(1))) struct FailureTests {
    static let config = Fixture.config()
    static let image = Fixture.image(config)

    @Test func staleAnswersAreServedWhileTheRegistryFails() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Self.config)
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                let image = "\(registry.host)/app:v1"
                _ = await inspector.answer(image)
                time.advance(by: .seconds(59))
                #expect(await inspector.answer(image)?.staleSeconds == nil)
                #expect(registry.log.count == 2, "no new request within a minute")
                time.advance(by: .seconds(2))
                #expect(await inspector.answer(image)?.facts != nil)
                #expect(registry.log.count == 3, "only the manifest, because the digest is cached")

                registry.set("/v2/app/manifests/v1", .init(503))
                time.advance(by: .seconds(100))
                #expect(await inspector.answer(image)?.staleSeconds == 100)
                #expect(await inspector.answer(image)?.staleSeconds == 100)
                #expect(registry.log.count == 4, "no retry immediately after a failure")
                time.advance(by: .seconds(11))
                #expect(await inspector.answer(image)?.staleSeconds == 111)
                #expect(registry.log.count == 5)
                // An answer for a digest is always fresh.
                #expect(await inspector.answer("\(registry.host)/app@\(Self.image.digest)")?.staleSeconds == nil)

                time.advance(by: .seconds(24 * 3600))
                #expect(await inspector.answer(image)?.reason?.code == .registryError, "too old")
            }
        }
    }

    @Test(arguments: [(404, UnresolvedReason.Code.notFound), (403, .unauthorized)])
    func refusedImagesAreNotServedStale(_ status: Int, _ code: UnresolvedReason.Code) async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Self.config)
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                let image = "\(registry.host)/app:v1"
                #expect(await inspector.answer(image)?.facts != nil)
                registry.set("/v2/app/manifests/v1", .init(status))
                time.advance(by: .seconds(61))
                #expect(await inspector.answer(image)?.reason?.code == code)
                let count = registry.log.count
                #expect(await inspector.answer(image)?.reason?.code == code)
                #expect(registry.log.count == count, "the failure is cached")
                registry.put("app", tag: "v1", Self.image, Self.config)
                time.advance(by: .seconds(10))
                #expect(await inspector.answer(image)?.facts != nil)
            }
        }
    }

    @Test func staleAnswerIsServedAtTheDeadline() async throws {
        try await FakeRegistry.run { registry in
            registry.put("app", tag: "v1", Self.image, Self.config)
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                let image = "\(registry.host)/app:v1"
                _ = await inspector.answer(image)
                registry.set("/v2/app/manifests/v1", .init(200, [], .silence))
                time.advance(by: .seconds(61))
                #expect(await inspector.answer(image, within: .milliseconds(100))?.staleSeconds == 61)
            }
        }
    }

    @Test func retryAfterIsRespected() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { _ in
                .init(429, [("Retry-After", "120")], text: #"{"errors":[{"code":"TOOMANYREQUESTS"}]}"#)
            }
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                for (wait, requests) in [(0, 1), (60, 1), (59, 1), (2, 2)] {
                    time.advance(by: .seconds(wait))
                    let answer = await inspector.answer("\(registry.host)/app:t\(wait)")
                    #expect(answer?.reason?.code == .rateLimited)
                    #expect(registry.log.count == requests, "after \(wait) s more")
                }
            }
        }
    }

    @Test(
        arguments: [
            (429, "10000000000", "a pause of 300 years is asked for"),
            (500, nil, "a server error"),
            (503, "3600", "a server error with a pause"),
        ] as [(Int, String?, Comment)]
    )
    func failuresOfOneRepositoryStopNoOther(_ status: Int, _ pause: String?, _ reason: Comment) async throws {
        try await FakeRegistry.run { registry in
            registry.put("good/app", tag: "v1", Self.image, Self.config)
            for tag in 0..<8 {
                let headers = pause.map { [("Retry-After", $0)] } ?? []
                registry.set("/v2/bad/app/manifests/v\(tag)", .init(status, headers))
            }
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                for tag in 0..<8 { _ = await inspector.answer("\(registry.host)/bad/app:v\(tag)") }
                #expect(registry.log.count <= 5, reason)
                #expect(await inspector.answer("\(registry.host)/good/app:v1")?.facts != nil, reason)
                registry.put("bad/app", tag: "up", Self.image, Self.config)
                time.advance(by: .seconds(301))
                #expect(await inspector.answer("\(registry.host)/bad/app:up")?.facts != nil, "five minutes at most")
            }
        }
    }

    @Test func refusedPaceOfOneCredentialStopsNoOther() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { hit in
                guard hit.authorization != nil else { return .init(401, [("WWW-Authenticate", "Basic realm=r")]) }
                if hit.authorization == "Basic " + Base64.encode("a:a".utf8) {
                    return .init(429, [("Retry-After", "60")])
                }
                return hit.path.contains("/blobs/") ? Self.config.reply() : Self.image.reply()
            }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                func credentials(_ name: String) throws -> PullCredentials {
                    let auth = Base64.encode("\(name):\(name)".utf8)
                    let text = #"{"auths":{"\#(registry.host)":{"auth":"\#(auth)"}}}"#
                    return PullCredentials([try DockerConfiguration(JSONParser.parse(text))])
                }
                let image = "\(registry.host)/app:v1"
                let (first, second) = (try credentials("a"), try credentials("b"))
                #expect(await inspector.answer(image, as: first)?.reason?.code == .rateLimited)
                #expect(await inspector.answer(image, as: second)?.facts != nil)
            }
        }
    }

    @Test func stalledLookupsOfOneNamespaceLeavePlacesForOthers() async throws {
        try await FakeRegistry.run { silent in
            silent.handle { _ in .init(200, [], .silence) }
            try await FakeRegistry.run { registry in
                registry.put("app", tag: "v1", Self.image, Self.config)
                var configuration = try FakeRegistry.configuration([silent, registry])
                configuration.lookups = 6
                configuration.lookupsPerNamespace = 4
                try await ImageInspector.withInspector(configuration) { inspector in
                    func codes(_ images: Range<Int>) async -> [UnresolvedReason.Code?] {
                        await inspector.reports(
                            on: images.map { "\(silent.host)/app\($0):v1" },
                            namespace: "many",
                            deadline: .now + .milliseconds(200)
                        ).map { $0.answer.reason?.code }
                    }
                    let first = await codes(0..<6)
                    #expect(first.count { $0 == .deadline } == 4 && first.count { $0 == .overloaded } == 2)
                    let other = await inspector.reports(
                        on: ["\(registry.host)/app:v1"],
                        namespace: "few",
                        deadline: .now + .seconds(40)
                    )
                    #expect(other.first?.answer.facts != nil, "four places are taken, and none of its own")
                    let later = await codes(6..<8)
                    #expect(later == [.deadline, .deadline], "look-ups that nobody waits for give up their places")
                }
            }
        }
    }

    @Test func failedConnectionsCloseTheRegistry() async throws {
        var configuration = InspectorConfiguration()
        let host = "127.0.0.1:1"
        configuration.registries = try RegistriesConfiguration(
            JSONParser.parse(#"{"mirrors":{"\#(host)":{"endpoint":["http://\#(host)"]}}}"#)
        )
        try await ImageInspector.withInspector(configuration) { inspector in
            for number in 0..<5 {
                #expect(await inspector.answer("\(host)/app\(number):v1")?.reason?.code == .unreachable)
            }
            let reason = await inspector.answer("\(host)/other:v1")?.reason
            #expect(
                reason?.detail.hasSuffix("failed several times, the next try follows after a pause") == true,
                "\(reason?.detail ?? "")"
            )
        }
    }

    @Test func gatePausesAfterOutagesAndThenLetsOneTry() async throws {
        try await FakeRegistry.run { registry in
            registry.handle { _ in .init(500) }
            let time = ManualClock()
            var configuration = try registry.configuration()
            configuration.now = { time.now }
            try await ImageInspector.withInspector(configuration) { inspector in
                for tag in 0..<20 {
                    #expect(await inspector.answer("\(registry.host)/app:v\(tag)")?.reason?.code == .registryError)
                }
                #expect(registry.log.count == 5)
                time.advance(by: .seconds(31))
                for tag in 20..<30 { _ = await inspector.answer("\(registry.host)/app:v\(tag)") }
                #expect(registry.log.count == 6, "one look-up tries, and the registry is still down")
                registry.put("app", tag: "up", Self.image, Self.config)
                time.advance(by: .seconds(31))
                #expect(await inspector.answer("\(registry.host)/app:up")?.facts != nil)
                _ = await inspector.answer("\(registry.host)/app:v30")
                #expect(registry.log.count == 9, "requests are sent again")
            }
        }
    }

    @Test func mirrorsAreTriedInOrder() async throws {
        try await FakeRegistry.run { home in
            try await FakeRegistry.run { mirror in
                home.put("app", tag: "v1", Self.image, Self.config)
                mirror.put("app", tag: "v2", Self.image, Self.config)
                var configuration = InspectorConfiguration()
                let endpoints = #"["http://127.0.0.1:1","http://\#(mirror.host)","http://\#(home.host)"]"#
                let text = #"{"mirrors":{"\#(home.host)":{"endpoint":\#(endpoints)}}}"#
                configuration.registries = try RegistriesConfiguration(JSONParser.parse(text))
                configuration.credentials = try DockerConfiguration(
                    JSONParser.parse(#"{"auths":{"\#(home.host)":{"username":"u","password":"p"}}}"#)
                )
                mirror.handle { _ in .init(401, [("WWW-Authenticate", "Basic")]) }
                try await ImageInspector.withInspector(configuration) { inspector in
                    let reports = await inspector.reports(
                        on: ["\(home.host)/app:v1", "\(home.host)/app:v2"],
                        deadline: .now + .seconds(40)
                    )
                    #expect(reports.map(\.endpoint) == [home.host, mirror.host])
                }
                #expect(
                    mirror.hits.allSatisfy { $0.authorization == nil },
                    "the credentials are for the registry, not for the mirror"
                )
                #expect(mirror.hits.allSatisfy { $0.query.contains("ns=") })
            }
        }
    }

    @Test func unreachableHosts() async throws {
        try await ImageInspector.withInspector(
            {
                var configuration = InspectorConfiguration()
                let text = #"{"mirrors":{"127.0.0.1:1":{"endpoint":["http://127.0.0.1:1"]}}}"#
                configuration.registries = try RegistriesConfiguration(JSONParser.parse(text))
                return configuration
            }()
        ) { inspector in
            #expect(await inspector.answer("127.0.0.1:1/app")?.reason?.code == .unreachable)
            #expect(await inspector.answer("name.invalid/app")?.reason?.code == .unreachable)
        }
    }

    @Test func imagesAreLookedUpConcurrently() async throws {
        try await FakeRegistry.run { registry in
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            registry.handle { hit in
                if hit.path.hasSuffix("/v3") { opener.finish() }
                // The registry responds to the first two requests only after the third has arrived.
                for await _ in gate {}
                return hit.path.contains("/blobs/") ? Self.config.reply() : Self.image.reply()
            }
            try await ImageInspector.withInspector(registry.configuration()) { inspector in
                let images = ["v1", "v2", "v3"].map { "\(registry.host)/app:\($0)" }
                let answers = await inspector.answers(for: images, deadline: .now + .seconds(40))
                #expect(answers.values.allSatisfy { $0.facts != nil })
            }
        }
    }
}
