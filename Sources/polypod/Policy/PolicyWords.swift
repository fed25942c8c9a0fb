import PodAdmission

extension LabelSelector {
    /// The selector as `kubectl -l` writes it; `every` where it asks for nothing.
    var words: String {
        requirements.isEmpty ? "every" : requirements.map(\.words).joined(separator: ",")
    }
}

extension LabelSelector.Requirement {
    /// The requirement as `kubectl -l` writes it.
    var words: String {
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

extension WasmPolicy.Mode {
    /// What the mode does.
    fileprivate var words: String {
        switch self {
        case .enforce: "Pods with Wasm are changed; what could not run is refused"
        case .warn: "Pods with Wasm are changed; nothing is refused, what would be is a warning"
        case .dryRun: "nothing is changed or refused; what would be is a warning"
        }
    }
}

extension WasmPolicy {
    /// What the policy does, a line each: its mode, and where it differs from the built-in policy.
    var words: [String] {
        var lines = [mode.words] + runtime.words + images.words
        switch onUnresolvedImage {
        case .allow: lines.append("Pods with images that nobody can tell are admitted in silence")
        case .warn: break
        case .deny: lines.append("Pods with images that nobody can tell are refused")
        }
        if !pinWasmManifest { lines.append("images are never pinned") }
        if preferWasm { lines.append("the Wasm entry of an index is taken although it has one for the nodes") }
        if let dnsServer { lines.append("DNS_SERVER=\(dnsServer) in Wasm containers") }
        if !allowOptOut { lines.append("nobody may opt out") }
        switch workloads {
        case .warn: break
        case .off: lines.append("workloads are not looked at")
        case .deny: lines.append("workloads are refused where their Pods would be")
        }
        return lines + checkWords
    }

    private var checkWords: [String] {
        CheckCode.allCases.compactMap { code in
            guard let action = checks[code], action != Check.defaultAction(of: code) else { return nil }
            return "check \(code.rawValue): \(action.rawValue), not \(Check.defaultAction(of: code).rawValue)"
        }
    }
}

extension WasmPolicy.Runtime {
    fileprivate var words: [String] {
        let builtIn = WasmPolicy.Runtime()
        var lines: [String] = []
        if runtimeClassName != builtIn.runtimeClassName || variant != builtIn.variant {
            lines.append("runtime class \(runtimeClassName), variant \(variant.rawValue)")
        }
        if !mixedRuntimeClassNames.isEmpty {
            lines.append("runtime classes that run Wasm too: \(mixedRuntimeClassNames.joined(separator: ", "))")
        }
        if otherWasmRuntimeClassNames != builtIn.otherWasmRuntimeClassNames {
            let names = otherWasmRuntimeClassNames.joined(separator: ", ")
            lines.append("runtime classes left alone: \(names.isEmpty ? "none" : names)")
        }
        if preservesExitCodes { lines.append("the nodes' crun keeps exit codes") }
        if !nodePlatforms.isEmpty {
            lines.append("nodes: \(nodePlatforms.map(\.description).joined(separator: ", "))")
        }
        return lines
    }
}

extension WasmPolicy.Images {
    fileprivate var words: [String] {
        var lines = rules.map { "\($0.match.text) is \($0.treatAs.rawValue), whatever its registry says" }
        if !allowed.isEmpty { lines.append("Wasm images only of \(allowed.map(\.text).joined(separator: ", "))") }
        if requireDigest { lines.append("Wasm images only by digest") }
        return lines
    }
}
