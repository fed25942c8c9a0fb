import JSON
import PodAdmission

/// The WasmPolicies of a cluster, and the version of each that is in force: a value without a client or a clock.
///
/// If a version does not validate, the last valid version of the object stays in force.
struct PolicyStore: Sendable {
    /// A version that validates.
    struct Version: Sendable, Equatable {
        var policy: WasmPolicy
        var generation: Int
    }

    /// The knowledge about one object.
    struct Entry: Sendable, Equatable {
        /// The newest version.
        var identity: ObjectIdentity
        /// Why the newest version is not in force: the path of the field and the reason; nil if it is in force.
        var problem: String?
        /// The version in force; nil if no version has validated.
        var inForce: Version?
    }

    /// The result of a change of an object.
    enum Change: Sendable, Equatable {
        /// A new version is in force.
        case accepted
        /// A new version does not validate; an earlier version stays in force, if there is one.
        case rejected
        /// The object was removed.
        case removed
    }

    /// The objects by name.
    private(set) var entries: [String: Entry] = [:]

    /// Replaces all objects.
    ///
    /// - Returns: The changes by name, without the objects whose spec is the same.
    mutating func replace(with objects: [JSONValue]) -> [String: Change] {
        var changes: [String: Change] = [:]
        var names: Set<String> = []
        for object in objects {
            guard let identity = ObjectIdentity(object) else { continue }
            names.insert(identity.name)
            changes[identity.name] = update(object, identity)
        }
        for name in entries.keys where !names.contains(name) {
            entries[name] = nil
            changes[name] = .removed
        }
        return changes
    }

    /// Adds or changes an object.
    ///
    /// - Returns: The change by name; empty if the spec is the same, as when only the status was written.
    mutating func update(_ object: JSONValue) -> [String: Change] {
        guard let identity = ObjectIdentity(object), let change = update(object, identity) else { return [:] }
        return [identity.name: change]
    }

    /// Removes an object.
    ///
    /// - Returns: The change by name; empty if there is no such object.
    mutating func remove(_ object: JSONValue) -> [String: Change] {
        guard let name = ObjectIdentity(object)?.name, entries.removeValue(forKey: name) != nil else { return [:] }
        return [name: .removed]
    }

    private mutating func update(_ object: JSONValue, _ identity: ObjectIdentity) -> Change? {
        var entry = entries[identity.name] ?? Entry(identity: identity)
        let isKnown = entries[identity.name] != nil
        if isKnown, entry.identity == identity { return nil }
        // An object that was deleted and created again shares no version with the earlier one.
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

    /// The policies in force: those of the cluster, and those of `base` whose name no policy of the cluster has.
    func policies(over base: PolicySet) -> PolicySet {
        let own = entries.values.compactMap { $0.inForce?.policy }
        let names = Set(own.compactMap(\.name))
        return PolicySet(own + base.policies.filter { policy in policy.name.map { !names.contains($0) } ?? true })
    }

    /// How many objects have a newest version that validates, and how many have one that does not.
    var counts: (valid: Int, invalid: Int) {
        let invalid = entries.values.count { $0.problem != nil }
        return (entries.count - invalid, invalid)
    }
}
