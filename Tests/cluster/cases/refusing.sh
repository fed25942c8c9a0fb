# shellcheck shell=bash
# Pods that Polypod refuses, and Pods that it leaves as they are.

case_typo() { refused typo variant-unknown compat-smart; }
case_exec_probe() { refused exec-probe exec-probe 'httpGet|tcpSocket'; }
case_artifact() { refused artifact image-not-runnable 'image|runtime class'; }

case_other_class_wasm() { refused other-class-wasm runtime-class-conflict 'crun-wasmedge|runtimeClassName'; }

case_other_class_native() {
  create other-class-native
  is_running other-class-native
  not_routed "$(pod_json other-class-native)"
  expect "runtimeClassName" "$(pod_json other-class-native | jq -r .spec.runtimeClassName)" polypod-test-other
}

case_opt_out() {
  local name
  for name in opt-out-annotation opt-out-label; do
    create "$name"
    not_routed "$(pod_json "$name")"
    expect "runtimeClassName of $name" "$(pod_json "$name" | jq -r .spec.runtimeClassName)" null
  done
}

case_update() {
  local said
  create native
  is_running native
  if said=$(kubectl -n "$ns" set image pod/native "app=$images/hello:1" 2>&1); then
    echo "the update was admitted: $said"
    return 1
  fi
  expect_match "the refusing webhook" "$said" 'admission webhook "pods\.polypod\.dev" denied the request'
  expect_match "the code" "$said" '\[(mutation-missed|runtime-class-conflict)\]'
  expect "the image" "$(pod_json native | jq -r '.spec.containers[0].image')" "$images/native:1"
  # Updates that do not change an image are still admitted.
  kubectl -n "$ns" label pod native example.com/changed=yes
}

case_debug_container() {
  local path=/api/v1/namespaces/$ns/pods/native/ephemeralcontainers container
  kubectl get --raw /api/v1 | jq -e '.resources[] | select(.name == "pods/ephemeralcontainers")' >/dev/null ||
    skip "this API server has no ephemeral containers (feature gate EphemeralContainers)"
  create native
  is_running native
  container=$(jq -n --arg image "$images/native:1" '{name: "debugger", image: $image, args: ["echo", "debugging"]}')
  if kubectl get --raw "$path" | jq -e '.kind == "EphemeralContainers"' >/dev/null; then
    # Before 1.23, the subresource has its own kind.
    kubectl get --raw "$path" | jq --argjson container "$container" '.ephemeralContainers += [$container]' >"$work/debug.json"
    kubectl replace --raw "$path" -f "$work/debug.json"
  else
    kubectl get --raw "$path" | jq --argjson container "$container" '.spec.ephemeralContainers += [$container]' >"$work/debug.json"
    kubectl replace --raw "$path" -f "$work/debug.json"
  fi
  expect "the debug container" "$(pod_json native | jq -r '.spec.ephemeralContainers[0].name')" debugger
}

refusing_cases() {
  run_case case_typo "a variant that crun does not know: denied"
  run_case case_exec_probe "exec probe on a Wasm container: denied with its remedy"
  run_case case_artifact "Wasm artifact: denied with its remedy"
  run_case case_other_class_wasm "Wasm with another runtime class: denied, the class is kept"
  run_case case_other_class_native "native with another runtime class: not changed"
  run_case case_opt_out "opt-out by annotation and by label"
  run_case case_update "update of an image to Wasm: denied"
  run_case case_debug_container "debug container: allowed"
}
