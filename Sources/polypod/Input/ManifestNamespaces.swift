import JSON
import PodAdmission

/// The labels of the namespaces whose `Namespace` objects are among the given manifests.
struct ManifestNamespaces: Equatable {
    private var labels: [String: [String: String]] = [:]

    /// Reads the namespaces among `documents`.
    ///
    /// - Throws: ``BadInput`` for metadata that does not hold what it should.
    init(_ documents: [SourceDocument] = []) throws {
        for document in documents
        where document.value["apiVersion"]?.string == "v1" && document.value["kind"]?.string == "Namespace" {
            guard let value = document.value["metadata"] else { continue }
            do throws(FieldError) {
                let metadata = try ObjectMetadata(value)
                if let name = metadata.name { labels[name] = metadata.labels }
            } catch {
                throw document.badInput(error.under(.key("metadata")))
            }
        }
    }

    /// The labels of one namespace; nil where no object tells them.
    subscript(namespace: String) -> [String: String]? {
        get { labels[namespace] }
        set { labels[namespace] = newValue }
    }

    /// What to tell a person where policies ask for labels that no object tells; nil where none does.
    ///
    /// - Parameters:
    ///   - policies: The policies.
    ///   - namespaces: The namespaces of the Pods in question.
    func warning(about policies: PolicySet, namespaces: some Sequence<String>) -> String? {
        let asking = policies.policies.filter { $0.askedNamespaceLabel != nil }.map(\.shownName)
        let untold = Set(namespaces).filter { self[$0] == nil }.sorted()
        guard !asking.isEmpty, !untold.isEmpty else { return nil }
        return "\(asking.joined(separator: ", ")): asks for labels of namespaces, but no Namespace object among the "
            + "manifests tells those of \(untold.joined(separator: ", ")); taken as without labels"
    }
}

extension WasmPolicy {
    /// The name to show to a person.
    var shownName: String { name ?? "(no name)" }
}
