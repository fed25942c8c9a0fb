# shellcheck shell=bash
# Pods with Wasm that run because of Polypod's changes.

case_deployment() {
  local pod
  create web
  eventually 40 "two Pods of the Deployment" two_pods_of app=web
  for pod in $(pods_of app=web); do
    routed "$(pod_json "$pod")"
    is_running "$pod"
    says "$pod" app "hello from wasm"
    log_has "$pod" prepare prepared
  done
}

two_pods_of() {
  [ "$(pods_of "$1" | wc -l)" -eq 2 ]
}

case_native_sidecar() {
  local pod
  [ "$server_minor" -ge 29 ] || skip "Kubernetes 1.$server_minor has no native sidecars; the Deployment of the case before has an ordinary sidecar"
  create web-native-sidecar
  eventually 40 "the Deployment's Pod" a_pod_of app=web-native-sidecar
  pod=$(pods_of app=web-native-sidecar)
  routed "$(pod_json "$pod")"
  is_running "$pod"
  says "$pod" app "hello from wasm"
  pod_json "$pod" | jq -e '.status.initContainerStatuses[] | select(.name == "sidecar") | .state.running' >/dev/null
}

# Creates a Pod with one Wasm container and checks that it runs.
runs_as_wasm() {
  create "$1"
  routed "$(pod_json "$1")"
  is_running "$1"
  says "$1" app "hello from wasm"
}

case_platform() { runs_as_wasm platform; }
case_manifest_annotation() { runs_as_wasm annotated; }
case_program_name() { runs_as_wasm named; }
case_command() { runs_as_wasm command; }
case_docker_types() { runs_as_wasm docker-types; }

case_pod_annotation() {
  local digest
  # The node pulls the image for a Pod that opts out. Then the image is deleted from the registry.
  push_images >/dev/null # an earlier stage deleted the image
  rendered never | sed -e 's/name: never/name: fetch/' -e 's/imagePullPolicy: Never/imagePullPolicy: Always/' \
    -e 's|polypod.dev/wasm-containers: app|polypod.dev/inject: "false"|' | kubectl -n "$ns" create -f -
  eventually 60 "the node has the image" image_was_pulled fetch
  read -r digest <<<"$(image_digests never:1)"
  curl -sf -X DELETE "http://$registry/v2/polypod-test/never/manifests/$digest" || echo "the registry does not support deletion"
  runs_as_wasm never
}

image_was_pulled() {
  pod_json "$1" | jq -e '.status.containerStatuses[0].imageID | length > 0' >/dev/null
}

case_wasm_index() {
  local inside
  read -r _ inside <<<"$(image_digests wasm-index:1)"
  runs_as_wasm wasm-index
  expect "the image" "$(pod_json wasm-index | jq -r '.spec.containers[0].image')" "$images/wasm-index@$inside"
}

case_multi_index() {
  create multi-index
  is_running multi-index
  not_routed "$(pod_json multi-index)"
  expect "the image" "$(pod_json multi-index | jq -r '.spec.containers[0].image')" "$images/multi-index:1"
  expect "runtimeClassName" "$(pod_json multi-index | jq -r .spec.runtimeClassName)" null
}

case_two_wasm() {
  create two-wasm
  routed "$(pod_json two-wasm)"
  is_running two-wasm
  says two-wasm app "hello from wasm"
  says two-wasm second "hello from wasm"
}

case_generate_name() {
  local pod
  pod=$(rendered generate-name | kubectl -n "$ns" create -f - -o json | jq -r .metadata.name)
  routed "$(pod_json "$pod")"
  is_running "$pod"
  says "$pod" app "hello from wasm"
}

case_job() {
  create job
  finished_job once
}

# The first Job of a CronJob that was created at the start of the stage.
case_cronjob() {
  local job
  ns=$cronjob_ns
  eventually 100 "the CronJob starts a Job" first_job
  job=$(first_job)
  finished_job "$job"
}

first_job() {
  kubectl -n "$ns" get jobs -o json | jq -er '.items[0].metadata.name'
}

finished_job() {
  local pod
  eventually 20 "the Job's Pod" a_pod_of "job-name=$1"
  pod=$(pods_of "job-name=$1")
  routed "$(pod_json "$pod")"
  eventually 60 "the Job completes" job_complete "$1"
  log_has "$pod" once "done by wasm"
}

job_complete() {
  [ "$(kubectl -n "$ns" get job "$1" -o json | jq .status.succeeded)" = 1 ]
}

case_compat_replaced() {
  create compat
  routed "$(pod_json compat)"
  is_running compat
  says compat app "hello from wasm"
}

case_http_probe() {
  create http-probe
  routed "$(pod_json http-probe)"
  eventually 60 "the Wasm container is ready by its httpGet probe" container_ready http-probe app
}

container_ready() {
  pod_json "$1" | jq -e --arg name "$2" '.status.containerStatuses[] | select(.name == $name) | .ready' >/dev/null
}

running_cases() {
  run_case case_deployment "Deployment: Wasm, another container, an init container; log, overhead"
  run_case case_native_sidecar "Deployment: Wasm with a native sidecar"
  run_case case_platform "bare Pod, Wasm by the platform wasi/wasm"
  run_case case_generate_name "Pod with generateName"
  run_case case_manifest_annotation "Wasm by the manifest's annotation"
  run_case case_program_name "Wasm only by the program's name"
  run_case case_command "Wasm by the command"
  run_case case_pod_annotation "Wasm by the Pod's annotation, imagePullPolicy Never, not in the registry"
  run_case case_docker_types "Docker media types and wasi/wasm32"
  run_case case_wasm_index "index with only Wasm: pinned by digest and running"
  run_case case_multi_index "index with Linux and Wasm: native"
  run_case case_two_wasm "two Wasm containers"
  run_case case_job "Job"
  run_case case_compat_replaced "compat beside a native container: changed to compat-smart"
  run_case case_http_probe "httpGet probe on a Wasm container: allowed and works"
  run_case case_cronjob "CronJob"
}
