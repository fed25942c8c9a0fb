import Basics
import JSON

extension KubeconfigReader {
    /// The content of `KEY-data`, or else of the file `KEY`, and which of both it was; nil where there is neither.
    func bytes(_ object: JSONObject, _ key: String) throws(FieldError) -> (bytes: [UInt8], key: String)? {
        let dataKey = "\(key)-data"
        if let text = try object.text(dataKey) {
            guard let bytes = Base64.decode(text) else { throw FieldError("is no base64", at: [.key(dataKey)]) }
            return (bytes, dataKey)
        }
        guard let file = try object.text(key) else { return nil }
        guard let bytes = try? BoundedFile.bytes(of: path(file), limit: 4 << 20) else {
            throw FieldError("\(path(file)) cannot be read", at: [.key(key)])
        }
        return (bytes, key)
    }

    /// A path as the kubeconfig has it, from the folder that it is in.
    func path(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}
