import FoundationEssentials
import JSON
import PodAdmission
import SwiftASN1
import Synchronization
@_spi(FixedExpiryValidationTime) import X509

@testable import ServingCertificates

let start = 1_800_000_000
let day = 86_400
let host = "polypod-webhook.polypod-system.svc"

extension SigningAuthority {
    /// A CA made at `time`.
    static func sample(at time: Int = start, lifetime: Int = 365 * day) throws -> SigningAuthority {
        try make(named: "test CA", from: time - 300, until: time + lifetime)
    }
}

extension IssuedCertificate {
    /// Whether a client that trusts `bundle` takes this certificate for `host` at `time`.
    func isTrusted(_ bundle: [Certificate], host: String = host, at time: Int) async throws -> Bool {
        var verifier = Verifier(rootCertificates: CertificateStore(bundle)) {
            RFC5280Policy(fixedExpiryValidationTime: Date(timeIntervalSince1970: TimeInterval(time)))
            ServerIdentityPolicy(serverHostname: host, serverIP: nil)
        }
        let leaf = try Certificate(pemEncoded: certificate)
        if case .validCertificate = await verifier.validate(leaf: leaf, intermediates: CertificateStore()) {
            return true
        }
        return false
    }
}

/// A value that tests change while others read it.
final class Box<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>
    init(_ value: Value) { storage = Mutex(value) }
    var value: Value {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}

/// A webhook configuration as `kubectl apply` makes it: two webhooks of Polypod's around another's.
func webhookConfiguration(_ kind: String, bundles: [String?] = [nil, nil, nil], path: String = "/x") -> JSONValue {
    let services = ["polypod-webhook", "other", "polypod-webhook"]
    let webhooks = zip(services, bundles).enumerated().map { index, part -> JSONValue in
        let service: JSONValue = ["name": .string(part.0), "namespace": "polypod-system", "path": .string(path)]
        var client = JSONObject([.init(key: "service", value: service)])
        client["caBundle"] = part.1.map(JSONValue.string)
        return ["name": .string("w\(index).polypod.dev"), "clientConfig": .object(client)]
    }
    return [
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": .string(kind),
        "metadata": ["name": "polypod", "resourceVersion": "1"], "webhooks": .array(webhooks),
    ]
}
