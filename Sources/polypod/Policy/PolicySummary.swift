import PodAdmission

/// A policy in sentences: its mode, and what differs from the built-in policy.
struct PolicySummary {
    /// The sentences, one a line.
    let lines: [String]

    /// Describes `policy`.
    init(_ policy: WasmPolicy) {
        var lines = [Self.line(for: policy.mode)] + Self.lines(for: policy.runtime) + Self.lines(for: policy.images)
        switch policy.onUnresolvedImage {
        case .allow: lines.append("Pods with images of unknown class are admitted without a warning")
        case .warn: break
        case .deny: lines.append("Pods with images of unknown class are refused")
        }
        if !policy.pinWasmManifest { lines.append("images are not pinned") }
        if policy.preferWasm { lines.append("the Wasm entry of an index is used even if there is one for the nodes") }
        if let dnsServer = policy.dnsServer { lines.append("DNS_SERVER=\(dnsServer) in Wasm containers") }
        if !policy.allowOptOut { lines.append("Pods and namespaces cannot opt out") }
        switch policy.workloads {
        case .warn: break
        case .off: lines.append("workloads are not checked")
        case .deny: lines.append("workloads are refused if their Pods would be")
        }
        self.lines = lines + Self.lines(for: policy.checks)
    }

    private static func line(for mode: WasmPolicy.Mode) -> String {
        switch mode {
        case .enforce: "Pods with Wasm are changed; Pods that cannot run are refused"
        case .warn: "Pods with Wasm are changed; no Pod is refused: a refusal becomes a warning"
        case .dryRun: "no Pod is changed or refused: a change or refusal becomes a warning"
        }
    }

    private static func lines(for runtime: WasmPolicy.Runtime) -> [String] {
        let builtIn = WasmPolicy.Runtime()
        var lines: [String] = []
        if runtime.runtimeClassName != builtIn.runtimeClassName || runtime.variant != builtIn.variant {
            lines.append("runtime class \(runtime.runtimeClassName), variant \(runtime.variant.rawValue)")
        }
        if !runtime.mixedRuntimeClassNames.isEmpty {
            lines.append("further runtime classes that run Wasm: \(list(runtime.mixedRuntimeClassNames))")
        }
        if runtime.otherWasmRuntimeClassNames != builtIn.otherWasmRuntimeClassNames {
            let names = list(runtime.otherWasmRuntimeClassNames)
            lines.append("runtime classes whose Pods are left alone: \(names.isEmpty ? "none" : names)")
        }
        if runtime.preservesExitCodes { lines.append("the nodes' crun preserves exit codes") }
        if !runtime.nodePlatforms.isEmpty { lines.append("nodes: \(list(runtime.nodePlatforms.map(\.description)))") }
        return lines
    }

    private static func lines(for images: WasmPolicy.Images) -> [String] {
        var lines = images.rules.map {
            "\($0.match.text) is \($0.treatAs.rawValue), independent of the registry's answer"
        }
        if !images.allowed.isEmpty { lines.append("Wasm images only from \(list(images.allowed.map(\.text)))") }
        if images.requireDigest { lines.append("Wasm images only by digest") }
        return lines
    }

    private static func lines(for checks: [CheckCode: FindingAction]) -> [String] {
        CheckCode.allCases.compactMap { code in
            let byDefault = Check.defaultAction(of: code)
            guard let action = checks[code], action != byDefault else { return nil }
            return "check \(code.rawValue): \(action.rawValue), default \(byDefault.rawValue)"
        }
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

extension LabelSelector {
    /// The selector as `kubectl -l` takes it; `every` if it has no requirement.
    var selectorText: String {
        requirements.isEmpty ? "every" : requirements.map(\.selectorText).joined(separator: ",")
    }
}

extension LabelSelector.Requirement {
    /// The requirement as `kubectl -l` takes it.
    var selectorText: String {
        switch comparison {
        case .isIn where values.count == 1: "\(key)=\(values[0])"
        case .isIn: "\(key) in (\(values.joined(separator: ",")))"
        case .isNotIn where values.count == 1: "\(key)!=\(values[0])"
        case .isNotIn: "\(key) notin (\(values.joined(separator: ",")))"
        case .exists: key
        case .doesNotExist: "!\(key)"
        }
    }
}
