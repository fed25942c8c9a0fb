import JSON
import NodeRuntime

extension NodePlan {
    /// The plan for `-o json`.
    var json: JSONValue {
        [
            "host": host.json, "engines": .array(engines.map { .string($0.rawValue) }),
            "files": .array(
                files.map { file in
                    [
                        "path": .string(file.path), "backup": .bool(file.isBackup),
                        "change": .string(file.before == nil ? "create" : file.after == nil ? "remove" : "change"),
                        // The copy of the whole configuration, which can contain secrets.
                        "diff": file.isBackup ? .null : .string(file.diff),
                    ]
                }
            ),
            "bundles": .array(
                bundles.map { change in
                    [
                        "engine": .string(change.engine.rawValue), "action": .string(change.action.rawValue),
                        "path": .string(change.path), "version": change.bundle?.json ?? .null,
                    ]
                }
            ),
            "restart": restartJSON, "notes": .array(notes.map(\.json)), "empty": .bool(isEmpty),
        ]
    }

    private var restartJSON: JSONValue {
        switch restart {
        case nil: .null
        case .service(let service): ["unit": .string(service.unit)]
        case .byHand(let reason): ["byHand": .string(reason)]
        }
    }
}

extension NodeStatus {
    /// The status for `-o json`.
    var json: JSONValue {
        [
            "host": host.json, "process": process.map { .number(String($0)) } ?? .null,
            "engines": .array(
                engines.map { engine in
                    [
                        "engine": .string(engine.engine.rawValue), "handler": .string(engine.engine.handler),
                        "right": .bool(engine.isRight), "configured": .bool(engine.isConfigured),
                        "configProblem": engine.configProblem.map { .string($0) } ?? .null,
                        "bundle": engine.bundle?.json ?? .null,
                        "bundleProblem": engine.bundleProblem.map { .string($0) } ?? .null,
                    ]
                }
            ),
            "notes": .array(notes.map(\.json)), "right": .bool(isRight),
        ]
    }
}

extension NodeHost {
    var json: JSONValue {
        [
            "kind": .string(kind.rawValue), "version": version.map { .string($0.description) } ?? .null,
            "configVersion": configVersion.map { .number(String($0)) } ?? .null, "config": .string(target.path),
        ]
    }
}

extension NodeNote {
    var json: JSONValue { ["code": .string(code), "text": .string(text)] }
}

extension RuntimeBundle {
    var json: JSONValue {
        [
            "engine": .string(version.engine.rawValue), "engineVersion": .string(version.engineVersion),
            "crun": .string(version.crun), "patches": .array(version.patches.map { .string($0) }),
            "architecture": .string(version.architecture), "plugins": .array(version.plugins.map { .string($0) }),
            "bytes": .number(String(size)),
        ]
    }
}
