import JSON

/// Refuses documents that two readers could read in different ways.
///
/// Nodes read registry documents with Go's `encoding/json`. It matches a key with a field also if they differ in case,
/// and of several matching keys the last one counts. Polypod compares keys exactly. A document in which that makes a
/// difference could show Polypod another program than it shows the node.
extension JSONObject {
    /// Requires that Go reads the same value for each field.
    ///
    /// - Parameter fields: The names of the fields that a node reads from this object.
    /// - Throws: ``FieldError`` for a field that is written twice, or in other letters.
    func requireUnambiguous(_ fields: Set<String>) throws(FieldError) {
        var found: Set<String> = []
        for member in members {
            let folded = Self.folded(member.key)
            guard let field = fields.first(where: { Self.folded($0) == folded }) else { continue }
            guard member.key == field else { throw FieldError("ambiguous: \(field) is written with other letters") }
            guard found.insert(field).inserted else { throw FieldError("ambiguous: \(field) is written twice") }
        }
    }

    /// Requires that each of the keys occurs once at most; in a map Go compares keys exactly.
    ///
    /// - Throws: ``FieldError`` for a key that occurs twice.
    func requireUnique(_ keys: Set<String>) throws(FieldError) {
        for key in keys where members.count(where: { $0.key == key }) > 1 {
            throw FieldError("ambiguous: \(key) is written twice")
        }
    }

    /// The form of a key that Go compares: in its simple case folding `ſ` is an s too; `K` (Kelvin) becomes k here.
    private static func folded(_ key: String) -> String {
        key.lowercased().replacing("ſ", with: "s")
    }
}
