import JSON
import PodAdmission

/// The Pod that the ``WebhookProbe`` sends, always as a dry run.
enum ProbePod {
    /// Its namespace, in which nothing runs.
    static let namespace = "polypod-probe"

    /// A Pod with one fault: its container is Wasm and has an exec probe, which never works in Wasm.
    ///
    /// An annotation declares the container as Wasm, so that Polypod asks no registry. The mutating webhook has to
    /// route the Pod, and the validating webhook has to refuse it for the exec probe alone. The other fields satisfy
    /// other policies: the `restricted` level of Pod Security, and required resources.
    static let object: JSONValue = [
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": [
            "generateName": "self-proof-",
            "namespace": .string(namespace),
            "labels": ["app.kubernetes.io/name": "polypod-self-proof", "app.kubernetes.io/part-of": "polypod"],
            "annotations": .object(JSONObject([.init(key: AnnotationKey.wasmContainers, value: "probe")])),
        ],
        "spec": [
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 0,
            "securityContext": [
                "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": ["type": "RuntimeDefault"],
            ],
            "containers": [
                [
                    "name": "probe",
                    "image": "polypod.dev/probe:1",
                    "imagePullPolicy": "Never",
                    "readinessProbe": ["exec": ["command": ["/probe.wasm"]]],
                    "resources": [
                        "requests": ["cpu": "1m", "memory": "1Mi"], "limits": ["cpu": "1m", "memory": "1Mi"],
                    ],
                    "securityContext": [
                        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                        "capabilities": ["drop": ["ALL"]],
                    ],
                ]
            ],
        ],
    ]
}
