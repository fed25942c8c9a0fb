import Basics

/// The parameters of a request.
enum URLQuery {
    typealias Item = (name: String, value: String)

    /// `path` with `items`, encoded.
    static func append(_ items: [Item], to path: String) -> String {
        guard !items.isEmpty else { return path }
        return "\(path)?\(items.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&"))"
    }
}
