import JSON

/// Where in a Pod a container stands, which decides when it runs and what of it is checked.
public enum ContainerKind: String, Sendable, Equatable, CaseIterable {
    /// An entry of `spec.initContainers` that runs to its end before the others.
    case initContainer = "init"
    /// An entry of `spec.initContainers` with `restartPolicy: Always` (KEP-753).
    case sidecar
    /// An entry of `spec.containers`.
    case container
    /// An entry of `spec.ephemeralContainers`, as `kubectl debug` adds.
    case ephemeral
}

/// The members of a container that matter here.
public struct Container: Sendable, Equatable {
    /// A probe of the kubelet that runs a program inside the container.
    public enum ExecProbe: String, Sendable, Equatable {
        /// `livenessProbe.exec`.
        case liveness = "livenessProbe"
        /// `readinessProbe.exec`.
        case readiness = "readinessProbe"
        /// `startupProbe.exec`.
        case startup = "startupProbe"
    }

    /// A lifecycle hook that runs a program inside the container.
    public enum ExecHook: String, Sendable, Equatable {
        /// `lifecycle.postStart.exec`.
        case postStart
        /// `lifecycle.preStop.exec`.
        case preStop
    }

    /// Where in the Pod it stands.
    public var kind: ContainerKind
    /// Its place in its list, from 0.
    public var index: Int
    /// Its name, unique in the Pod.
    public var name: String
    /// The image reference as written; nil where a controller fills it in later.
    public var image: String?
    /// What replaces the image's Entrypoint.
    public var command: [String]
    /// What replaces the image's Cmd.
    public var args: [String]
    /// What replaces the image's WorkingDir.
    public var workingDirectory: String?
    /// `Always`, `IfNotPresent` or `Never`.
    public var imagePullPolicy: String?
    /// The uid from the container's own security context.
    public var runAsUser: Int?
    /// The probes that run a program inside it.
    public var execProbes: [ExecProbe]
    /// The lifecycle hooks that run a program inside it.
    public var execHooks: [ExecHook]
    /// The names of its environment variables; nil where it has no `env`, which a patch has to know.
    public var environmentNames: [String]?

    /// Creates a container.
    public init(
        kind: ContainerKind = .container,
        index: Int = 0,
        name: String,
        image: String?,
        command: [String] = [],
        args: [String] = [],
        workingDirectory: String? = nil,
        imagePullPolicy: String? = nil,
        runAsUser: Int? = nil,
        execProbes: [ExecProbe] = [],
        execHooks: [ExecHook] = [],
        environmentNames: [String]? = nil
    ) {
        self.kind = kind
        self.index = index
        self.name = name
        self.image = image
        self.command = command
        self.args = args
        self.workingDirectory = workingDirectory
        self.imagePullPolicy = imagePullPolicy
        self.runAsUser = runAsUser
        self.execProbes = execProbes
        self.execHooks = execHooks
        self.environmentNames = environmentNames
    }

    /// Reads a container; `kind` is `.sidecar` for an init container that restarts always.
    init(_ value: JSONValue, kind: ContainerKind) throws(FieldError) {
        let object = try value.asObject()
        let restartsAlways = try object.optionalString("restartPolicy") == "Always"
        self.kind = kind == .initContainer && restartsAlways ? .sidecar : kind
        index = 0
        name = try object.optionalString("name") ?? ""
        image = try object.optionalString("image")
        command = try object.strings("command")
        args = try object.strings("args")
        workingDirectory = try object.optionalString("workingDir")
        imagePullPolicy = try object.optionalString("imagePullPolicy")
        runAsUser = try object.optionalObject("securityContext")?.optional("runAsUser") { value throws(FieldError) in
            try value.asInt()
        }
        execProbes = []
        for probe in [ExecProbe.liveness, .readiness, .startup]
        where try object.optionalObject(probe.rawValue)?.optionalObject("exec") != nil {
            execProbes.append(probe)
        }
        let lifecycle = try object.optionalObject("lifecycle")
        execHooks = []
        for hook in [ExecHook.postStart, .preStop]
        where try lifecycle?.optionalObject(hook.rawValue)?.optionalObject("exec") != nil {
            execHooks.append(hook)
        }
        environmentNames = try object.optional("env") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in
                try value.asObject().optionalString("name") ?? ""
            }
        }
    }

    /// The name of the list in the Pod's spec that holds it.
    public var listName: String {
        switch kind {
        case .initContainer, .sidecar: "initContainers"
        case .container: "containers"
        case .ephemeral: "ephemeralContainers"
        }
    }

    /// The path to it in the Pod, for a patch.
    public var path: [String] { ["spec", listName, String(index)] }
}
