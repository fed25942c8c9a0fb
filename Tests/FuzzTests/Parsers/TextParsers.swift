import JSON
import PodAdmission

@testable import ImageRegistry

extension FuzzedParser {
    /// JSON that is read and written has the same value; the text of an error has no control characters.
    static let json = FuzzedParser(name: "json") { bytes in
        bytes.withUnsafeBytes { _ = try? JSONParser.outline($0, depth: 3) }
        let value: JSONValue
        do throws(JSONError) { value = try JSONParser.parse(bytes) } catch {
            return error.description.hasControlCharacter ? "a control character in the error" : nil
        }
        guard (try? JSONParser.parse(value.compactText)) == value else { return "written, it is another value" }
        guard (try? JSONParser.parse(value.prettyText)) == value else { return "written on lines, it is another value" }
        return nil
    }

    /// The description of a reference is a reference to the same image.
    static let reference = FuzzedParser(name: "reference") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        guard let reference = try? ImageReference(text) else { return nil }
        guard !reference.description.hasControlCharacter else { return "a control character in its description" }
        let again = try? ImageReference(reference.description)
        return again?.description == reference.description && again?.digest == reference.digest
            ? nil : "its description is another reference"
    }

    /// A header has at most as many challenges as words; a URL that is accepted is written as it was read.
    static let challenge = FuzzedParser(name: "challenge") { bytes in
        let header = String(decoding: bytes, as: UTF8.self)
        let challenges = Challenge.parse(header)
        guard challenges.count <= header.utf8.count else { return "more challenges than bytes" }
        for case .bearer(let realm, _, _) in challenges {
            guard let url = WebURL(realm) else { continue }
            guard WebURL(url.description) == url else { return "the URL of the token server is another URL" }
        }
        return nil
    }
}

extension String {
    /// Whether a terminal could take a part of the text for a command.
    var hasControlCharacter: Bool { unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) } }
}
