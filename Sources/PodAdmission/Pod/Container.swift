import JSON

/// The kind of a container, by its list in the Pod.
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

/// An entry of a container's `env`.
public struct EnvironmentVariable: Sendable, Equatable {
    /// The name of the variable.
    public var name: String
    /// The literal value, with its references; nil if `valueFrom` sets it.
    public var value: String?

    /// Creates an entry; without `value`, its value comes from elsewhere.
    public init(name: String, value: String? = nil) {
        self.name = name
        self.value = value
    }

    init(reading object: JSONObject) throws(FieldError) {
        name = ""
        var literal = ""
        var isLiteral = true
        // One pass, because Pods can have many entries.
        for member in object.members where member.value != .null {
            do throws(FieldError) {
                switch member.key {
                case "name": name = try member.value.asString()
                case "value": literal = try member.value.asString()
                case "valueFrom": isLiteral = false
                default: break
                }
            } catch { throw error.under(.key(member.key)) }
        }
        value = isLiteral ? literal : nil
    }
}

/// The fields of a container that a decision needs.
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

    /// The kind, by the list in the Pod.
    public var kind: ContainerKind
    /// The index in its list, from 0.
    public var index: Int
    /// The name, unique in the Pod.
    public var name: String
    /// The image reference as it is in the Pod; nil if a controller sets it later.
    public var image: String?
    /// Replaces the image's Entrypoint unless it is empty.
    public var command: [String]
    /// Replaces the image's Cmd unless it is empty.
    public var args: [String]
    /// Replaces the image's WorkingDir unless it is nil.
    public var workingDirectory: String?
    /// `Always`, `IfNotPresent` or `Never`.
    public var imagePullPolicy: String?
    /// The uid from the container's own security context.
    public var runAsUser: Int?
    /// The probes that run a program inside it.
    public var execProbes: [ExecProbe]
    /// The lifecycle hooks that run a program inside it.
    public var execHooks: [ExecHook]
    /// The entries of `env`, in their order; nil if it has no `env`, which a patch must then add.
    public var environment: [EnvironmentVariable]?
    /// Whether `envFrom` adds variables from ConfigMaps or Secrets.
    public var hasEnvironmentFrom: Bool
    /// The mounts of volumes, in their order.
    public var mounts: [VolumeMount]

    /// Creates a container; the defaults are those of absent fields.
    ///
    /// - Parameters:
    ///   - kind: The kind, by the list in the Pod.
    ///   - index: The index in its list, from 0.
    ///   - name: The name, unique in the Pod.
    ///   - image: The image reference as it is in the Pod.
    ///   - command: Replaces the image's Entrypoint unless it is empty.
    ///   - args: Replaces the image's Cmd unless it is empty.
    ///   - workingDirectory: Replaces the image's WorkingDir unless it is nil.
    ///   - imagePullPolicy: `Always`, `IfNotPresent` or `Never`.
    ///   - runAsUser: The uid from the container's own security context.
    ///   - execProbes: The probes that run a program inside it.
    ///   - execHooks: The lifecycle hooks that run a program inside it.
    ///   - environment: The entries of `env`; nil if it has no `env`.
    ///   - hasEnvironmentFrom: Whether `envFrom` adds variables.
    ///   - mounts: The mounts of volumes.
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
        environment: [EnvironmentVariable]? = nil,
        hasEnvironmentFrom: Bool = false,
        mounts: [VolumeMount] = []
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
        self.environment = environment
        self.hasEnvironmentFrom = hasEnvironmentFrom
        self.mounts = mounts
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
        environment = try object.optional("env") { value throws(FieldError) in
            try value.asArray { value throws(FieldError) in try EnvironmentVariable(reading: value.asObject()) }
        }
        hasEnvironmentFrom =
            try object.optional("envFrom") { value throws(FieldError) in
                try !value.asArray { value throws(FieldError) in value }.isEmpty
            } ?? false
        mounts =
            try object.optional("volumeMounts") { value throws(FieldError) in
                try value.asArray { value throws(FieldError) in try VolumeMount(value) }
            } ?? []
    }

    /// The name of its list in the Pod's spec.
    public var listName: String {
        switch kind {
        case .initContainer, .sidecar: "initContainers"
        case .container: "containers"
        case .ephemeral: "ephemeralContainers"
        }
    }

    /// The path of the container in the Pod, for a patch.
    public var path: [String] { ["spec", listName, String(index)] }
}
