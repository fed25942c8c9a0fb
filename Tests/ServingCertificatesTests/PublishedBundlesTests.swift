import FoundationEssentials
import JSON
import Testing

@testable import ServingCertificates

@Suite("caBundles")
struct PublishedBundlesTests {
    static func read(_ bundles: [String?]) throws -> PublishedBundles {
        try PublishedBundles(
            reading: webhookConfiguration("MutatingWebhookConfiguration", bundles: bundles),
            service: "polypod-webhook",
            in: "polypod-system"
        )
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
            #expect(published.wrong([one, two]).isEmpty == row.isRight, "\(row.reason)")
        }
    }

    @Test func onlyWrongCABundlesAreWritten() throws {
        let one = try SigningAuthority.sample().certificate
        let right = CABundle.encoded([one])
        let published = try Self.read([right, nil, nil])
        let wrong = published.wrong([one])
        #expect(wrong.map(\.index) == [2])
        #expect(
            published.patch(wrong, to: [one]) == [
                ["op": "test", "path": "/metadata/resourceVersion", "value": "1"],
                ["op": "add", "path": "/webhooks/2/clientConfig/caBundle", "value": .string(right)],
            ]
        )
    }

    @Test func objectsThatAreNotConfigurations() throws {
        #expect(throws: FieldError.self) {
            try PublishedBundles(reading: ["metadata": ["name": "x"]], service: "a", in: "b")
        }
        let empty = try PublishedBundles(
            reading: ["metadata": ["resourceVersion": "1"], "webhooks": [["clientConfig": ["url": "https://x"]]]],
            service: "a",
            in: "b"
        )
        #expect(empty.entries.isEmpty && empty.wrong([]).isEmpty)
    }
}
