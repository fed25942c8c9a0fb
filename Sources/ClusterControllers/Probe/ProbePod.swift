import JSON
import PodAdmission

/// The Pod that the webhooks prove themselves on; it is only ever sent as a dry run.
enum ProbePod {
    /// The namespace of its own, in which nothing runs.
    static let namespace = "polypod-probe"

    /// The Pod: Wasm by its own word, so that no registry is asked, and with a probe that never works in Wasm.
    ///
    /// The mutating webhook has to route it, and the validating one to refuse it for the probe alone. The rest is what
    /// other policies ask of a Pod: the `restricted` level of Pod Security, and resources.
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
