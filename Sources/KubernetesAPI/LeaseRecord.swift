import JSON

/// What a Lease says of its holder (coordination.k8s.io/v1, LeaseSpec).
struct LeaseRecord: Sendable, Equatable {
    /// Who holds it; empty where nobody does.
    var holder = ""
    /// How long it holds after it was renewed, in whole seconds.
    var seconds = 0
    /// When its holder took it.
    var acquired = ""
    /// When its holder renewed it.
    ///
    /// The holder's clock may be wrong: the text is compared and never read.
    var renewed = ""
    /// How often it went from one holder to another.
    var transitions = 0
}

extension LeaseRecord {
    /// Reads a Lease; what is not there or not of its type is as if it were unset.
    init(lease: JSONValue) {
        let spec = lease["spec"]
        holder = spec?["holderIdentity"]?.string ?? ""
        seconds = spec?["leaseDurationSeconds"].flatMap { try? $0.asInt() } ?? 0
        acquired = spec?["acquireTime"]?.string ?? ""
        renewed = spec?["renewTime"]?.string ?? ""
        transitions = spec?["leaseTransitions"].flatMap { try? $0.asInt() } ?? 0
    }

    /// `lease` with this record, and with everything else that it says.
    func written(to lease: JSONValue) -> JSONValue {
        var lease = lease.object ?? JSONObject()
        var spec = lease["spec"]?.object ?? JSONObject()
        spec["holderIdentity"] = .string(holder)
        spec["leaseDurationSeconds"] = .number(String(seconds))
        spec["acquireTime"] = .string(acquired)
        spec["renewTime"] = .string(renewed)
        spec["leaseTransitions"] = .number(String(transitions))
        lease["spec"] = .object(spec)
        return .object(lease)
    }
}
