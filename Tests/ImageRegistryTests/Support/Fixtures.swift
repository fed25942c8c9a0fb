import Basics
import JSON
import PodAdmission
import Synchronization

@testable import ImageRegistry

/// Images as registries hold them.
enum Fixture {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"

    /// A piece of content with its digest.
    struct Blob: Sendable {
        var text: String
        var type: String
        var bytes: [UInt8] { Array(text.utf8) }
        var digest: String { ContentDigest.of(bytes) }
        func reply(status: Int = 200) -> FakeRegistry.Reply {
            .init(status, [("Content-Type", type), ("Docker-Content-Digest", digest)], .bytes(bytes))
        }
    }

    static func config(
        _ platform: String = "linux/amd64",
        entrypoint: [String] = ["/app"],
        cmd: [String] = []
    ) -> Blob {
        let parts = platform.split(separator: "/")
        let list = { (words: [String]) in "[" + words.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        return Blob(
            text: """
                {"os":"\(parts[0])","architecture":"\(parts[1])",\
                "config":{"Entrypoint":\(list(entrypoint)),"Cmd":\(list(cmd)),"WorkingDir":"/srv"}}
                """,
            type: "application/vnd.oci.image.config.v1+json"
        )
    }

    static func image(
        _ config: Blob,
        configType: String = "application/vnd.oci.image.config.v1+json",
        layers: [String] = ["application/vnd.oci.image.layer.v1.tar+gzip"],
        annotations: String = "{}",
        type: String = manifest
    ) -> Blob {
        let layers = layers.map { #"{"mediaType":"\#($0)","digest":"\#(config.digest)","size":1}"# }
        return Blob(
            text: """
                {"schemaVersion":2,"mediaType":"\(type)","annotations":\(annotations),\
                "config":{"mediaType":"\(configType)","digest":"\(config.digest)","size":\(config.bytes.count)},\
                "layers":[\(layers.joined(separator: ","))]}
                """,
            type: type
        )
    }

    /// An index of images by platform; `unknown/unknown` makes an attestation of one.
    static func index(_ entries: [(String?, Blob)], type: String = index) -> Blob {
        let entries = entries.map { platform, blob in
            let parts = platform?.split(separator: "/") ?? []
            let platform = parts.isEmpty ? "" : #","platform":{"os":"\#(parts[0])","architecture":"\#(parts[1])"}"#
            return #"{"mediaType":"\#(blob.type)","digest":"\#(blob.digest)","size":\#(blob.bytes.count)\#(platform)}"#
        }
        return Blob(
            text: #"{"schemaVersion":2,"mediaType":"\#(type)","manifests":[\#(entries.joined(separator: ","))]}"#,
            type: type
        )
    }
}

extension FakeRegistry {
    /// Puts content under its digest, and manifests under a tag too where one is given.
    func put(_ repository: String, tag: String? = nil, _ blobs: Fixture.Blob...) {
        for blob in blobs {
            set("/v2/\(repository)/manifests/\(blob.digest)", blob.reply())
            set("/v2/\(repository)/blobs/\(blob.digest)", blob.reply())
        }
        if let tag, let first = blobs.first { set("/v2/\(repository)/manifests/\(tag)", first.reply()) }
    }

    /// Asks for a token at this registry itself, and takes only that.
    func wantToken(_ token: String = "good", tokenReply: String? = nil) {
        let replies = state(behind: token, tokenReply ?? #"{"token":"\#(token)","expires_in":300}"#)
        handle(replies)
    }

    private func state(behind token: String, _ tokenReply: String) -> Handler {
        { [self] hit in
            if hit.path == "/token" { return Reply(text: tokenReply) }
            guard hit.authorization == "Bearer \(token)" else {
                let repository = hit.path.split(separator: "/").dropFirst().dropLast(2).joined(separator: "/")
                let scope = "repository:\(repository):pull"
                let challenge = #"Bearer realm="http://\#(host)/token",service="fake",scope="\#(scope)""#
                return Reply(401, [("WWW-Authenticate", challenge)], text: #"{"errors":[{"code":"UNAUTHORIZED"}]}"#)
            }
            let config = Fixture.config()
            let image = Fixture.image(config)
            return hit.path.contains("/blobs/") ? config.reply() : image.reply()
        }
    }

    /// The settings that name this registry, over plain HTTP.
    func configuration(auth: String? = nil) throws -> InspectorConfiguration {
        try Self.configuration([self], auth: auth)
    }

    static func configuration(_ registries: [FakeRegistry], auth: String? = nil) throws -> InspectorConfiguration {
        let mirrors = registries.map { #""\#($0.host)":{"endpoint":["http://\#($0.host)"]}"# }
        var configuration = InspectorConfiguration()
        configuration.registries = try RegistriesConfiguration(
            JSONParser.parse(#"{"mirrors":{\#(mirrors.joined(separator: ","))}}"#)
        )
        if let auth, let first = registries.first {
            configuration.credentials = try DockerConfiguration(
                JSONParser.parse(#"{"auths":{"\#(first.host)":{"auth":"\#(Base64.encode(auth.utf8))"}}}"#)
            )
        }
        configuration.lookupTimeout = .seconds(30)
        configuration.connectTimeout = .seconds(30)
        return configuration
    }
}

extension ImageInspector {
    /// One answer, waited for long enough that only a hang fails.
    func answer(
        _ image: String,
        as credentials: PullCredentials = PullCredentials(),
        within time: Duration = .seconds(40)
    ) async -> ImageAnswer? {
        await reports(on: [image], credentials: credentials, deadline: .now + time).first?.answer
    }
}

extension ImageInspector {
    /// The answers by image.
    func answers(
        for images: [String],
        deadline: ContinuousClock.Instant
    ) async -> [String: ImageAnswer] {
        let reports = await reports(on: images, deadline: deadline)
        return Dictionary(uniqueKeysWithValues: reports.map { ($0.image, $0.answer) })
    }
}

extension ImageAnswer {
    var facts: ImageFacts? {
        if case .resolved(let facts, _) = self { facts } else { nil }
    }
    var staleSeconds: Int? {
        if case .resolved(_, let seconds) = self { seconds } else { nil }
    }
    var reason: UnresolvedReason? {
        if case .unresolved(let reason) = self { reason } else { nil }
    }
}
