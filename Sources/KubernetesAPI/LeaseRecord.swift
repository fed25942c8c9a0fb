import JSON

/// The part of a Lease about its holder (coordination.k8s.io/v1, LeaseSpec).
struct LeaseRecord: Sendable, Equatable {
    /// The holder; empty if the lease is free.
    var holder = ""
    /// The time for which a renewal is valid, in whole seconds.
    var seconds = 0
    /// The time at which the holder took the lease.
    var acquired = ""
    /// The time of the holder's last renewal.
    ///
    /// The holder's clock may be wrong: this text is only compared and never read as a time.
    var renewed = ""
    /// The number of changes of the holder.
    var transitions = 0
}

extension LeaseRecord {
    /// Reads a Lease; fields that are absent or have another type count as unset.
    init(lease: JSONValue) {
        let spec = lease["spec"]
        holder = spec?["holderIdentity"]?.string ?? ""
        seconds = spec?["leaseDurationSeconds"].flatMap { try? $0.asInt() } ?? 0
        acquired = spec?["acquireTime"]?.string ?? ""
        renewed = spec?["renewTime"]?.string ?? ""
        transitions = spec?["leaseTransitions"].flatMap { try? $0.asInt() } ?? 0
    }

    /// A copy of `lease` with this record; all other fields stay.
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
