import JSON
import Manifests
import NIOCore
import PodAdmission

@testable import WebhookServer

extension FuzzedParser {
    /// The objects of a manifest are policies, or workloads that can be decided on, or are refused with their place.
    static let manifest = FuzzedParser(name: "manifest") { bytes in
        guard let text = String(validating: bytes, as: UTF8.self),
            let documents = try? YAMLReader.documents(in: text, file: "f").flatMap(\.items)
        else { return nil }
        for document in documents {
            do throws(FieldError) {
                _ = try WasmPolicy(reading: document.value)
            } catch {
                guard document.badInput(error).line != nil else { return "an error without a line" }
            }
            do throws(FieldError) {
                guard let workload = try Workload(document.value) else { continue }
                if let fault = DecisionFaults.first(of: workload, document: document.value) { return fault }
            } catch {
                guard document.badInput(error).line != nil else { return "an error without a line" }
            }
        }
        return nil
    }

    /// A review is about an object that can be decided on, or is refused with a reason for people.
    static let review = FuzzedParser(name: "review") { bytes in
        let document: JSONValue
        do throws(JSONError) { document = try JSONParser.parse(bytes) } catch { return nil }
        let request: AdmissionRequest
        do throws(ReviewError) { request = try AdmissionRequest(document, body: ByteBuffer(bytes: bytes)) } catch {
            return error.description.hasControlCharacter ? "a control character in the reason" : nil
        }
        switch request.object {
        case .none, .unreadable: return nil
        case .workload(let workload, _, let document):
            guard let document = try? document.read() else { return "the object cannot be read again" }
            return DecisionFaults.first(of: workload, document: document)
        case .pod:
            guard let object = document["request"]?["object"], let workload = try? Workload(object) else { return nil }
            let context = WorkloadEvaluation.context(of: workload)
            return DecisionFaults.first(of: workload, document: object, context: context)
        }
    }
}
