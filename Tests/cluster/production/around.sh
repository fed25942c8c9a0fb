# shellcheck shell=bash
# Ways around a policy that allows Wasm from one repository only, and Pods that such a policy must admit.

# The policy allows native:1, which is not Wasm, and hello:1.
strict_policy() {
  policy strict "$(only_here "$(jq -cn --arg images "$images" '
    {images: {allowed: [$images + "/hello", $images + "/native"]}, onUnresolvedImage: "Deny", allowOptOut: false}')")"
}

# tried NAME CODE FILTER: creates a Pod with the jq filter applied, as a dry run. CODE is that of the refusal, or
# "admitted".
tried() {
  local said what
  what=$(jq -n --arg images "$images" '
    {apiVersion: "v1", kind: "Pod", metadata: {name: "tried"},
     spec: {containers: [{name: "app", image: ($images + "/native:1")}]}} | '"$3" |
    kubectl -n "$ns" create --dry-run=server --validate=false -o name -f - 2>&1) && said=admitted || said=refused
  if [ "$2" = admitted ]; then
    expect "$1" "$said: $what" "admitted: $what"
  else
    expect "$1" "$said" refused
    expect_match "$1" "$what" "\\[$2\\]"
  fi
}

case_images_read_as_nodes_do() {
  trap drop_policies EXIT
  strict_policy | kubectl apply -f -
  in_force strict
  tried "a module for two platforms" image-not-allowed '.spec.containers[0].image = $images + "/two-platforms:1"'
  tried "an index in an index" image-not-allowed '.spec.containers[0].image = $images + "/nested:1"'
  tried "an entry without a platform" image-not-allowed '.spec.containers[0].image = $images + "/no-platform:1"'
  tried "an entry that calls itself an attestation" image-not-allowed '.spec.containers[0].image = $images + "/attested:1"'
  tried "a config with keys in other letters" image-unresolved '.spec.containers[0].image = $images + "/letters:1"'
  tried "a module for a platform that the node can run too" image-not-allowed '.spec.containers[0].image = $images + "/older-platform:1"'
  tried "a Wasm platform in capitals" image-not-allowed '.spec.containers[0].image = $images + "/wasm-capitals:1"'
  tried "a config with keys in capitals" image-unresolved '.spec.containers[0].image = $images + "/capitals:1"'
  tried "a config with two entrypoints" image-unresolved '.spec.containers[0].image = $images + "/twice:1"'
  tried "a reference without a name" image-not-allowed \
    '.spec.containers[0] |= (.image = "h/x@sha384:" + ("0" * 96) | .command = ["/x.wasm"])'
  tried "an image that no node pulls, under another class" image-unresolved \
    '.spec.runtimeClassName = "polypod-test-other" | .spec.containers[0].imagePullPolicy = "Never"'
}

case_pods_read_as_kubelets_do() {
  trap drop_policies EXIT
  strict_policy | kubectl apply -f -
  in_force strict
  local named='.spec.containers[0] |= (.image = $images + "/named:1" |'
  tried "a variable as the program" image-not-allowed "$named"' .command = ["$(A)"] | .env = [{name: "A", value: "/hello.wasm"}])'
  tried "a variable through another one" image-not-allowed \
    "$named"' .command = ["$(B)"] | .env = [{name: "A", value: ".wasm"}, {name: "B", value: "/hello$(A)"}])'
  tried "a variable from a ConfigMap" image-unresolved \
    '.spec.containers[0] |= (.command = ["$(A)"] | .env = [{name: "A", valueFrom: {configMapKeyRef: {name: "a", key: "b"}}}])'
  tried "a variable that is set twice" image-not-allowed \
    "$named"' .command = ["$(A)"] | .env = [{name: "A", value: "/bin/busybox"}, {name: "A", value: "/hello.wasm"}])'
  tried "a variable that the image's ConfigMap sets" image-unresolved \
    '.spec.containers[0] |= (.command = ["$(A)"] | .envFrom = [{configMapRef: {name: "a"}}])'
  tried "a program below the working directory" image-not-allowed "$named"' .command = ["hello.wasm"] | .workingDir = "/")'
  tried "an init container" image-not-allowed '.spec.initContainers = [{name: "init", image: ($images + "/named:1")}]'
  local windows='[{matchExpressions: [{key: "kubernetes.io/os", operator: "In", values: ["windows"]}]}]'
  local required='.) | .spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  tried "a Pod for Windows nodes alone" windows-pod "$named $required = $windows"
  tried "a Pod for Windows nodes or others" image-not-allowed \
    "$named $required = $windows"' + [{matchExpressions: [{key: "a", operator: "Exists"}]}]'
  tried "a Pod that prefers Windows nodes" image-not-allowed \
    "$named"' .) | .spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution = [{weight: 1, preference: '"$windows"'[0]}]'
  tried "an annotation that calls a module native" image-not-allowed \
    "$named"' .) | .metadata.annotations["polypod.dev/native-containers"] = "app"'
  tried "an annotation that opts out" image-not-allowed "$named"' .) | .metadata.annotations["polypod.dev/inject"] = "disabled"'
  tried "crun's handler in other letters" variant-unknown \
    '.spec.containers[0].image = $images + "/hello:1" | .metadata.annotations["run.oci.handler"] = "Wasm"'
  tried "compat without a class" admitted '.metadata.annotations["module.wasm.image/variant"] = "compat"'
  tried "a Pod that is too large to be read" image-unresolved '.spec.containers[0].env = [range(110000) | {name: "a"}]'
}

case_modules_in_volumes() {
  trap drop_policies EXIT
  strict_policy | kubectl apply -f -
  in_force strict
  local mounts='.spec.containers[0] |= (.command = ["/mod/hello.wasm"] | .volumeMounts = [{name: "mod", mountPath: "/mod"}]) | '
  tried "an emptyDir" module-volume-not-allowed "$mounts"'.spec.volumes = [{name: "mod", emptyDir: {}}]'
  tried "a ConfigMap" module-volume-not-allowed "$mounts"'.spec.volumes = [{name: "mod", configMap: {name: "a"}}]'
  tried "a mount over the image" module-volume-not-allowed \
    "$mounts"'.spec.containers[0].command[0] = "/mod/../mod/hello.wasm" | .spec.volumes = [{name: "mod", emptyDir: {}}]'
  tried "a file over the image's module" module-volume-not-allowed '
    .spec.containers[0] |= (.image = $images + "/hello:1" | .volumeMounts = [{name: "mod", mountPath: "/hello.wasm", subPath: "a"}])
    | .spec.volumes = [{name: "mod", configMap: {name: "a"}}]'
  tried "a projected volume" module-volume-not-allowed \
    "$mounts"'.spec.volumes = [{name: "mod", projected: {sources: [{configMap: {name: "a"}}]}}]'
  tried "a variable that names a module in a volume" module-volume-not-allowed \
    "$mounts"'.spec.volumes = [{name: "mod", emptyDir: {}}] | .spec.containers[0] |= (.command = ["$(A)"] | .env = [{name: "A", value: "/mod/x.wasm"}])'
  [ "$server_minor" -ge 36 ] || return 0
  local image='.spec.volumes = [{name: "mod", image: {reference: ($images + "/" + '
  tried "an image volume of another image" image-not-allowed "$mounts$image"'"second:1")}}]'
  tried "an image volume of an allowed image" admitted "$mounts$image"'"hello:1")}}]'
  tried "a mount over an image volume" module-volume-not-allowed \
    "$mounts$image"'"hello:1")}}, {name: "a", emptyDir: {}}] | .spec.containers[0] |= (.command = ["/mod/a/hello.wasm"] |
      .volumeMounts += [{name: "a", mountPath: "/mod/a"}])'
}

case_update_of_annotations() {
  local said
  trap drop_policies EXIT
  strict_policy | kubectl apply -f -
  in_force strict
  native_pod | jq '.spec.runtimeClassName = "crun-wasmedge"' | kubectl -n "$ns" create -f -
  said=$(kubectl -n "$ns" annotate pod native module.wasm.image/variant=compat 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "the code" "$said" '\[variant-forces-wasm\]'
  said=$(kubectl -n "$ns" annotate pod native run.oci.handler=wasm 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "the code" "$said" '\[variant-(forces-wasm|unknown)\]'
  said=$(kubectl -n "$ns" set image pod/native "app=$images/second:1" 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "the image" "$said" '\[image-not-allowed\]'
  kubectl -n "$ns" annotate pod native example.com/changed=yes
}

# A client inside the cluster that does not know the webhook configurations.
case_paths() {
  local path address=https://127.0.0.1:$ops_port
  path=$(kubectl get mutatingwebhookconfiguration polypod -o json | jq -r '.webhooks[0].clientConfig.service.path')
  expect_match "the path" "$path" '^/mutate/[0-9a-f]{32}$'
  kubectl -n polypod-system port-forward deployment/polypod-webhook "$ops_port:8443" >/dev/null &
  forward=$!
  trap 'kill "$forward"' EXIT
  eventually 20 "the port" curl -sk -o /dev/null "$address"
  expect "without the segment" "$(curl -sk -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d '{}' "$address/mutate")" 404
  expect "with it" "$(curl -sk -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d '{}' "$address$path")" 400
}

case_honest_pods() {
  trap drop_policies EXIT
  strict_policy | kubectl apply -f -
  in_force strict
  tried "a native Pod" admitted .
  tried "an allowed module" admitted '.spec.containers[0].image = $images + "/hello:1"'
  tried "an allowed module beside native containers" admitted '
    .spec.containers += [{name: "web", image: ($images + "/hello:1")}] | .spec.initContainers = [{name: "a", image: ($images + "/native:1")}]'
  tried "a shell that gets a variable" admitted \
    '.spec.containers[0] |= (.command = ["/bin/busybox", "echo", "$(A)"] | .env = [{name: "A", valueFrom: {fieldRef: {fieldPath: "metadata.name"}}}])'
  tried "a native index" admitted '.spec.containers[0].image = $images + "/multi-index:1"'
  tried "a native container with an emptyDir" admitted \
    '.spec.volumes = [{name: "a", emptyDir: {}}] | .spec.containers[0].volumeMounts = [{name: "a", mountPath: "/a"}]'
  tried "an allowed module with a ConfigMap" admitted \
    '.spec.volumes = [{name: "a", configMap: {name: "a"}}]
     | .spec.containers[0] |= (.image = $images + "/hello:1" | .volumeMounts = [{name: "a", mountPath: "/etc/a"}])'
}

around_cases() {
  run_case case_images_read_as_nodes_do "a restriction of images: images that registries describe in other ways"
  run_case case_pods_read_as_kubelets_do "a restriction of images: variables, annotations, handlers, a huge Pod"
  run_case case_modules_in_volumes "a restriction of images: modules in volumes"
  run_case case_update_of_annotations "an update of crun's annotations is judged as a whole"
  run_case case_paths "a client that does not know the path: 404"
  run_case case_honest_pods "a restriction of images: honest Pods are admitted"
}
