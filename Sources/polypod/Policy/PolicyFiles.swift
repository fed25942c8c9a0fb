import JSON
import Manifests
import PodAdmission

/// A policy with the document that it was read from.
struct SourcedPolicy {
    /// The policy.
    let policy: WasmPolicy
    /// The document, for file and line.
    let document: SourceDocument

    /// The policy's file and line.
    var place: String { "\(document.file):\(document.line)" }

    /// A message about the field at `path`, with its file and line.
    func note(_ reason: String, at path: [FieldError.Step] = []) -> BadInput {
        document.badInput(FieldError(reason, at: path))
    }
}

/// The policies of some files, with all errors in them.
struct PolicyFiles {
    /// The valid policies, in the order of their precedence.
    private(set) var policies: [SourcedPolicy] = []
    /// The errors, at most one for each document and each file that cannot be read.
    private(set) var errors: [BadInput] = []
    /// The objects of other kinds, such as `Namespace`.
    private(set) var others: [SourceDocument] = []

    /// Reads files, folders with their subfolders, or `-` for standard input, and continues after an error.
    ///
    /// - Throws: An error other than ``BadInput``; those are in ``errors``.
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
            errors.append(BadInput(file: path, reason: "contains no WasmPolicy"))
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
    /// The key by which ``PolicySet`` sorts policies.
    fileprivate var order: (Int, String) { (policy.matchingPrecedence, policy.name ?? "") }
}

extension SourceDocument {
    /// Whether the object is meant as a policy, even if its kind or version is misspelt.
    fileprivate var isPolicy: Bool {
        value["kind"]?.string == "WasmPolicy" || value["apiVersion"]?.string?.hasPrefix("polypod.dev/") == true
    }
}

extension WasmPolicy {
    /// The policy's name in messages.
    var shownName: String { name ?? "(no name)" }
}
