import JSON
import PodAdmission

/// The WasmPolicies of a cluster, and which version of each is in force: a value without a client or a clock.
///
/// A version that does not validate leaves the last good one of its object in force.
struct PolicyStore: Sendable {
    /// A version that validates.
    struct Version: Sendable, Equatable {
        var policy: WasmPolicy
        var generation: Int
    }

    /// What is known of one object.
    struct Entry: Sendable, Equatable {
        /// The newest version.
        var identity: ObjectIdentity
        /// Why the newest version is not in force: the path and the reason; nil where it is.
        var problem: String?
        /// The version in force; nil where none ever validated.
        var inForce: Version?
    }

    /// What became of an object.
    enum Change: Sendable, Equatable {
        /// A new version is in force.
        case accepted
        /// A new version does not validate, and an earlier one stays in force or none.
        case rejected
        /// The object is gone.
        case removed
    }

    /// The objects by name.
    private(set) var entries: [String: Entry] = [:]

    /// These are all the objects there are.
    mutating func replace(with objects: [JSONValue]) -> [String: Change] {
        var changes: [String: Change] = [:]
        var names: Set<String> = []
        for object in objects {
            guard let identity = ObjectIdentity(object) else { continue }
            names.insert(identity.name)
            changes[identity.name] = update(object)
        }
        for name in entries.keys where !names.contains(name) { changes[name] = remove(name) }
        return changes
    }

    /// An object is new or changed.
    ///
    /// - Returns: Nil where its spec is known already, as when only its status was written.
    mutating func update(_ object: JSONValue) -> Change? {
        guard let identity = ObjectIdentity(object) else { return nil }
        var entry = entries[identity.name] ?? Entry(identity: identity)
        let isKnown = entries[identity.name] != nil
        if isKnown, entry.identity == identity { return nil }
        // An object that was deleted and made again has no version in common with the one before.
        if entry.identity.uid != identity.uid { entry = Entry(identity: identity) }
        entry.identity = identity
        do throws(FieldError) {
            entry.inForce = Version(policy: try WasmPolicy(reading: object), generation: identity.generation)
            entry.problem = nil
        } catch {
            entry.problem = error.description.plainText(byteLimit: 1024, keepsLineBreaks: true)
        }
        entries[identity.name] = entry
        return entry.problem == nil ? .accepted : .rejected
    }

    /// The object `name` is gone.
    mutating func remove(_ name: String) -> Change? { entries.removeValue(forKey: name).map { _ in .removed } }

    /// The policies in force: those of the cluster, and those of `base` whose names none of the cluster's has.
    func policies(over base: PolicySet) -> PolicySet {
        let own = entries.values.compactMap { $0.inForce?.policy }
        let names = Set(own.compactMap(\.name))
        return PolicySet(own + base.policies.filter { policy in policy.name.map { !names.contains($0) } ?? true })
    }

    /// How many objects have a newest version that validates, and how many have not.
    var counts: (valid: Int, invalid: Int) {
        let invalid = entries.values.count { $0.problem != nil }
        return (entries.count - invalid, invalid)
    }
}
