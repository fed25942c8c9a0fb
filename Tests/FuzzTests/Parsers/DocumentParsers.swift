import JSON
import PodAdmission

@testable import ImageRegistry
@testable import NodeRuntime

extension FuzzedParser {
    /// A registry's document is an image or an index within its bounds; a failure repeats nothing of the document.
    static let registryDocument = FuzzedParser(name: "registry-document") { bytes in
        _ = try? OCIImageConfig.parse(bytes, host: "registry.test")
        do throws(RegistryFailure) {
            guard case .index(let index) = try OCIDocument.parse(bytes, contentType: nil, host: "registry.test") else {
                return nil
            }
            guard index.entries.count <= OCIIndex.entryLimit else { return "more entries than the limit" }
            return index.entries.allSatisfy { !$0.digest.hasControlCharacter } ? nil : "a control character in a digest"
        } catch {
            return error.reason.description.hasControlCharacter ? "a control character in the failure" : nil
        }
    }

    /// The keys of a Docker configuration match image names or do not; its description shows no password.
    static let dockerConfiguration = FuzzedParser(name: "docker-configuration") { bytes in
        guard let value = try? JSONParser.parse(bytes), let configuration = try? DockerConfiguration(value) else {
            return nil
        }
        for name in ["docker.io/library/nginx", "registry.test:5000/a/b", "[::1]:5000/a"] {
            _ = configuration.credentials(for: name)
        }
        let marks = ["hunter2hunter2", "aHVudGVyMmh1bnRlcjI"]
        let shown = "\(configuration)"
        let keys = value["auths"]?.object?.members.map(\.key) ?? value.object?.members.map(\.key) ?? []
        return marks.contains { mark in shown.contains(mark) && !keys.contains { $0.contains(mark) } }
            ? "its description has a password" : nil
    }

    /// A configuration with Polypod's handlers added and removed is the same text as before.
    static let toml = FuzzedParser(name: "toml") { bytes in
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var edit = ConfigurationEdit(file: "config.toml", text: text)
        do throws(NodeError) {
            guard try edit.blocks().isEmpty else {
                _ = try edit.remove(WasmEngine.allCases, format: .containerd3)
                return nil
            }
            try edit.installVersion(3, isNewFile: false)
            for engine in WasmEngine.allCases {
                try edit.install(RuntimeTable(engine: engine, format: .containerd3))
            }
            try edit.installImagePull()
        } catch {
            return nil
        }
        do throws(NodeError) { _ = try edit.remove(WasmEngine.allCases, format: .containerd3) } catch {
            return "what was added cannot be removed: \(error.message)"
        }
        return edit.text == text || !edit.foreign.isEmpty ? nil : "removed, it is another text"
    }
}
