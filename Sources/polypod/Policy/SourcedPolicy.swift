import JSON
import PodAdmission

/// A policy with the place it came from.
struct SourcedPolicy {
    /// The policy.
    let policy: WasmPolicy
    /// The document it was read from.
    let document: SourceDocument

    /// The policy's place for a person.
    var place: String { "\(document.file):\(document.line)" }

    /// What is said at `path` of the policy, with the file and line.
    func note(_ reason: String, at path: [FieldError.Step] = []) -> BadInput {
        document.badInput(FieldError(reason, at: path))
    }
}

/// What files of policies hold.
struct PolicyFiles {
    /// The policies, in the order in which they are asked.
    private(set) var policies: [SourcedPolicy] = []
    /// What is wrong with the others, one error a document or an unreadable file.
    private(set) var errors: [BadInput] = []
    /// The other objects, `Namespace` objects among them.
    private(set) var others: [SourceDocument] = []

    /// Reads files, folders with all below them, or `-` for standard input; a fault does not keep it from the rest.
    init(_ paths: [String]) throws {
        for path in paths {
            do {
                for file in try ManifestFiles.files(at: path) { try read(file) }
            } catch let error as BadInput {
                errors.append(error)
            }
        }
        policies.sort { $0.order < $1.order }
        if policies.isEmpty, errors.isEmpty, let path = paths.first {
            errors.append(BadInput(file: path, reason: "holds no WasmPolicy"))
        }
    }

    private mutating func read(_ file: String) throws {
        let documents: [SourceDocument]
        do { documents = try ManifestFiles.read([file]) } catch let error as BadInput { return errors.append(error) }
        for document in documents {
            guard document.isPolicy else {
                others.append(document)
                continue
            }
            do throws(FieldError) {
                policies.append(SourcedPolicy(policy: try WasmPolicy(reading: document.value), document: document))
            } catch {
                errors.append(document.badInput(error))
            }
        }
    }
}

extension SourcedPolicy {
    /// What a set of policies sorts by.
    fileprivate var order: (Int, String) { (policy.matchingPrecedence, policy.name ?? "") }
}

extension SourceDocument {
    /// Whether the object is meant as a policy, even one with a slip in its kind or version.
    fileprivate var isPolicy: Bool {
        value["kind"]?.string == "WasmPolicy" || value["apiVersion"]?.string?.hasPrefix("polypod.dev/") == true
    }
}
