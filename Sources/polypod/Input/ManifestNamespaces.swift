import JSON
import Manifests
import PodAdmission

/// The labels of the namespaces that have a `Namespace` object among the manifests.
struct ManifestNamespaces: Equatable {
    private var labels: [String: [String: String]] = [:]

    /// Reads the `Namespace` objects among `documents`.
    ///
    /// - Throws: ``BadInput`` for metadata that is not valid.
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

    /// The labels of one namespace; nil if it has no object.
    subscript(namespace: String) -> [String: String]? {
        get { labels[namespace] }
        set { labels[namespace] = newValue }
    }

    /// A warning about policies that select namespaces by labels that are not known.
    ///
    /// - Parameters:
    ///   - policies: The policies.
    ///   - namespaces: The namespaces of the Pods to check.
    /// - Returns: The warning; nil if no policy needs labels, or all are known.
    func warning(about policies: PolicySet, namespaces: some Sequence<String>) -> String? {
        let asking = policies.policies.filter { $0.askedNamespaceLabel != nil }.map(\.shownName)
        let unknown = Set(namespaces).filter { self[$0] == nil }.sorted()
        guard !asking.isEmpty, !unknown.isEmpty else { return nil }
        return "\(asking.joined(separator: ", ")): selects namespaces by label, but the manifests have no Namespace "
            + "object for \(unknown.joined(separator: ", ")); assuming no labels"
    }
}
