import FoundationEssentials
import JSON
import Testing

@testable import ServingCertificates

@Suite("caBundles")
struct PublishedBundlesTests {
    static func read(_ bundles: [String?], path: String = "/mutate/x") throws -> PublishedBundles {
        try PublishedBundles(
            reading: webhookConfiguration("MutatingWebhookConfiguration", bundles: bundles, path: path),
            service: "polypod-webhook",
            in: "polypod-system",
            path: "/mutate"
        )
    }

    static func settings(_ bundle: [AuthorityCertificate]) -> WebhookClientSettings {
        WebhookClientSettings(bundle: bundle, segment: "x")
    }

    @Test func aCorrectCABundleHasExactlyTheCAs() throws {
        let one = try SigningAuthority.sample().certificate
        let two = try SigningAuthority.sample().certificate
        func text(_ pem: String) -> String { Data(pem.utf8).base64EncodedString() }
        let rows: [(bundle: String?, isRight: Bool, reason: String)] = [
            (nil, false, "no caBundle"),
            ("", false, "an empty text"),
            ("%", false, "not Base64"),
            (text("nonsense"), false, "not PEM"),
            (text(one.pem), false, "a missing CA"),
            (text(one.pem + two.pem), true, "exactly these CAs"),
            (text(two.pem + one.pem), true, "another order"),
            (text(one.pem + one.pem + two.pem), true, "a CA twice"),
            (text("\n" + one.pem + "\n\n" + two.pem), true, "white space between the CAs"),
            (text(one.pem + two.pem + (try SigningAuthority.sample().certificatePEM)), false, "a foreign CA"),
        ]
        for row in rows {
            let published = try Self.read([row.bundle, nil, row.bundle])
            #expect(published.entries.map(\.index) == [0, 2], "the other Service's webhook is ignored")
            #expect(published.wrong(Self.settings([one, two])).isEmpty == row.isRight, "\(row.reason)")
        }
    }

    @Test func onlyWrongCABundlesAreWritten() throws {
        let one = try SigningAuthority.sample().certificate
        let right = CABundle.encoded([one])
        let published = try Self.read([right, nil, nil])
        let wrong = published.wrong(Self.settings([one]))
        #expect(wrong.map(\.index) == [2])
        #expect(
            published.patch(wrong, to: Self.settings([one])) == [
                ["op": "test", "path": "/metadata/resourceVersion", "value": "1"],
                ["op": "add", "path": "/webhooks/2/clientConfig/caBundle", "value": .string(right)],
                ["op": "add", "path": "/webhooks/2/clientConfig/service/path", "value": "/mutate/x"],
            ]
        )
    }

    @Test(
        arguments: [
            ("/mutate", false, "without the segment"),
            ("/mutate/y", false, "the segment of another CA"),
            ("/validate/x", false, "the other webhook"),
            ("/mutate/x", true, "the right one"),
        ]
    )
    func pathsEndWithTheSegment(path: String, isRight: Bool, reason: String) throws {
        let one = try SigningAuthority.sample().certificate
        let right = CABundle.encoded([one])
        let published = try Self.read([right, nil, right], path: path)
        #expect(published.wrong(Self.settings([one])).isEmpty == isRight, "\(reason)")
    }

    @Test func segmentsChangeWithTheCA() throws {
        let (one, two) = (try SigningAuthority.sample(), try SigningAuthority.sample())
        let segment = PathSegment.of(one)
        #expect(segment.utf8.count == 32 && segment == PathSegment.of(one) && segment != PathSegment.of(two))
        let staged = AuthorityRecord(current: one).staged(two)
        #expect(
            staged.segments == [segment, PathSegment.of(two)],
            "every replica knows the successor's before it is used"
        )
        let promoted = try #require(staged.promoted(at: start))
        #expect(promoted.segments == [segment, PathSegment.of(two)], "an API server may still use the old one")
        #expect(WebhookClientSettings(promoted).segment == PathSegment.of(two))
        #expect(promoted.withoutPrevious().segments == [PathSegment.of(two)])
        let secret = AuthoritySecret.absent.object(storing: promoted, at: SecretTests.path)
        guard case .record(let read, _) = AuthoritySecret(reading: secret).stored else {
            Issue.record("the Secret cannot be read")
            return
        }
        #expect(read.segments == promoted.segments, "a replica that starts later knows the old one too")
    }

    @Test func objectsThatAreNotConfigurations() throws {
        #expect(throws: FieldError.self) {
            try PublishedBundles(reading: ["metadata": ["name": "x"]], service: "a", in: "b", path: "/mutate")
        }
        let empty = try PublishedBundles(
            reading: ["metadata": ["resourceVersion": "1"], "webhooks": [["clientConfig": ["url": "https://x"]]]],
            service: "a",
            in: "b",
            path: "/mutate"
        )
        #expect(empty.entries.isEmpty && empty.wrong(Self.settings([])).isEmpty)
    }
}
