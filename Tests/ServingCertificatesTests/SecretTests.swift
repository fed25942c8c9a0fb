import FoundationEssentials
import JSON
import KubernetesAPI
import Testing

@testable import ServingCertificates

@Suite("The CA's Secret")
struct SecretTests {
    static let path = CertificateManagerConfiguration().secret

    static func encoded(_ text: String) -> JSONValue { .string(Data(text.utf8).base64EncodedString()) }

    static func secret(_ data: [(String, String)]) -> JSONValue {
        let members = data.map { JSONObject.Member(key: $0.0, value: encoded($0.1)) }
        return ["metadata": ["name": "polypod-ca"], "data": .object(JSONObject(members))]
    }

    @Test func aWrittenSecretReadsBack() throws {
        var record = AuthorityRecord(current: try .sample())
        record = try #require(record.staged(try .sample()).promoted(at: start))
        record.answered = "1"
        record = record.staged(try .sample())
        record.stagedFor = "2"
        let object = AuthoritySecret.absent.object(storing: record, at: Self.path)
        #expect(AuthoritySecret(reading: object).stored == .record(record, damage: []))
        #expect(object["type"] == "Opaque" && object["metadata"]?["namespace"] == "polypod-system")
        let without = try #require(record.promoted(at: start + 10)).withoutPrevious()
        let next = AuthoritySecret(reading: object).object(storing: without, at: Self.path)
        #expect(AuthoritySecret(reading: next).stored == .record(without, damage: []))
        #expect(next["data"]?.object?.members.map(\.key) == ["ca.crt", "ca.key"])
    }

    @Test func otherClientsDataStays() throws {
        let object: JSONValue = [
            "kind": "Secret",
            "metadata": [
                "name": "polypod-ca", "resourceVersion": "7", "labels": ["a": "b"],
                "annotations": ["c": "d", "polypod.dev/rotate-ca": "1"],
            ],
            "data": ["note": "eA=="],
        ]
        let secret = AuthoritySecret(reading: object)
        #expect(secret.stored == .empty && secret.request == "1")
        let written = secret.object(storing: AuthorityRecord(current: try .sample()), at: Self.path)
        #expect(written["metadata"]?["resourceVersion"] == "7" && written["metadata"]?["labels"]?["a"] == "b")
        #expect(written["metadata"]?["annotations"]?["c"] == "d" && written["data"]?["note"] == "eA==")
        #expect(written["metadata"]?["annotations"]?["polypod.dev/rotate-ca"] == "1")
    }

    @Test func unusableCAs() throws {
        let one = try SigningAuthority.sample()
        let two = try SigningAuthority.sample()
        let leaf = try one.issue(for: [host], from: start, until: start + day)
        let rows: [(data: [(String, String)], code: CertificateError.Code, reason: String)] = [
            ([("ca.crt", one.certificatePEM)], .unreadable, "no key"),
            ([("ca.key", one.keyPEM)], .unreadable, "no certificate"),
            ([("ca.crt", "x"), ("ca.key", one.keyPEM)], .unreadable, "not PEM"),
            ([("ca.crt", one.keyPEM), ("ca.key", one.keyPEM)], .unreadable, "a key in place of the certificate"),
            (
                [("ca.crt", one.certificatePEM), ("ca.key", one.certificatePEM)], .unreadable,
                "a certificate in place of the key"
            ),
            ([("ca.crt", one.certificatePEM), ("ca.key", two.keyPEM)], .keyMismatch, "the key of another CA"),
            ([("ca.crt", leaf.certificate), ("ca.key", leaf.key)], .notAnAuthority, "a leaf"),
            (
                [("ca.crt", one.certificatePEM + two.certificatePEM), ("ca.key", one.keyPEM)], .notAnAuthority,
                "two certificates"
            ),
        ]
        for row in rows {
            guard case .unusable(let error) = AuthoritySecret(reading: Self.secret(row.data)).stored else {
                Issue.record("\(row.reason)")
                continue
            }
            #expect(error.code == row.code, "\(row.reason)")
        }
    }

    @Test func damageNextToAUsableCA() throws {
        let one = try SigningAuthority.sample()
        let two = try SigningAuthority.sample()
        let good = [("ca.crt", one.certificatePEM), ("ca.key", one.keyPEM)]
        let rows: [(data: [(String, String)], damage: [String], reason: String)] = [
            ([("next.crt", two.certificatePEM)], ["next.crt"], "a successor without a key"),
            ([("next.crt", two.certificatePEM), ("next.key", one.keyPEM)], ["next.crt"], "the key of another CA"),
            ([("previous.crt", "x" + "-----BEGIN")], ["previous.crt"], "not PEM"),
            ([("previous.crt", two.certificatePEM)], [], "no damage"),
        ]
        for row in rows {
            guard case .record(let record, let damage) = AuthoritySecret(reading: Self.secret(good + row.data)).stored
            else {
                Issue.record("\(row.reason)")
                continue
            }
            #expect(damage == row.damage, "\(row.reason)")
            #expect(record.current == one && record.next == nil, "\(row.reason)")
        }
    }
}
