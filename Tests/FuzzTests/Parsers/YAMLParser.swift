import JSON

@testable import Manifests

extension FuzzedParser {
    /// Values from YAML that are written and read again are the same values.
    static let yaml = FuzzedParser(name: "yaml") { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let values: [JSONValue]
        do { values = try YAMLReader.documents(in: text, file: "f").map(\.value) } catch {
            return error is BadInput ? nil : "an error without a place"
        }
        guard let written = try? YAMLWriter.text(of: values) else { return "it cannot be written" }
        // The bound on aliases is one on the text, so that it can refuse a text in which strings look like them.
        guard AliasBounds(written).lineOfLargeKey == nil else { return nil }
        return (try? YAMLReader.documents(in: written, file: "f").map(\.value)) == values
            ? nil : "written, it is another value"
    }
}
