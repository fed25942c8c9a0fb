# shellcheck shell=bash
# Tests of containers that run with crun from the bundles.

# state POD: prints how its first container ended, as REASON CODE.
state() {
  pod_json "$1" | jq -r '.status.containerStatuses[0].state.terminated | "\(.reason) \(.exitCode)"'
}

# one_pod NAME IMAGE JSON: creates a Pod with one container and the additional fields in JSON.
one_pod() {
  jq -n --arg name "$1" --arg image "$images/$2" --argjson more "$3" '
    {apiVersion: "v1", kind: "Pod", metadata: {name: $name},
     spec: ({restartPolicy: "Never", terminationGracePeriodSeconds: 30,
             containers: [{name: "app", image: $image} + ($more.container // {})]} + ($more.spec // {}))}
    | .metadata += ($more.metadata // {})' | kubectl -n "$ns" create -f -
}

ended() {
  pod_json "$1" | jq -e '.status.containerStatuses[0].state.terminated != null'
}

has_failed() {
  pod_json "$1" | jq -e '.status.phase == "Failed"'
}

case_both_installed() {
  install_from_here wasmedge --no-restart
  install_from_here wasmtime --no-restart
  restart_node
  node_command status --engine wasmedge --engine wasmtime
}

case_exit_code() {
  one_pod three exit-code:1 '{"container": {"args": ["3"]}}'
  eventually 60 "the Pod ends" ended three
  expect "how it ended" "$(state three)" "Error 3"
  eventually 30 "the phase is Failed" has_failed three
  one_pod zero exit-code:1 '{"container": {"args": ["0"]}}'
  eventually 60 "the Pod ends" ended zero
  expect "how it ended" "$(state zero)" "Completed 0"
}

case_failed_job() {
  example job-exit-code | kubectl -n "$ns" create --validate=false -f -
  eventually 120 "the Job has failed" job_failed exit-code
}

job_failed() {
  kubectl -n "$ns" get job "$1" -o json | jq -e '.status.conditions[]? | select(.type == "Failed") | .status == "True"'
}

# The grace period is 30 s. The case measures the container's process, because the time that the kubelet needs to remove
# a Pod whose containers have ended is the same for every Pod. One good result of three is enough, because a busy
# machine can only make the time longer.
case_deleted_at_once() {
  local try
  for try in 1 2 3; do
    if ended_in_time "waiting-$try"; then return 0; fi
  done
  return 1
}

# The caller uses this function as a condition, which disables 'set -e'.
ended_in_time() {
  local pod=$1 uid began took
  one_pod "$pod" hello-wasm:1 '{}' || return 1
  is_running "$pod" || return 1
  eventually 10 "its process" command_of "$pod" || return 1
  uid=$(pod_json "$pod" | jq -r .metadata.uid)
  began=$(date +%s%N)
  kubectl -n "$ns" delete pod "$pod" --wait=false
  while process_of "$uid" >/dev/null; do sleep 0.05; done
  took=$((($(date +%s%N) - began) / 10000000))
  printf '%s ended after %d.%02d s\n' "$pod" $((took / 100)) $((took % 100))
  [ "$took" -le 200 ]
}

case_echo() {
  local address
  example echo | kubectl -n "$ns" create -f -
  eventually 90 "both Pods are ready" both_ready app=echo
  address=$(pod_json "$(pods_of app=echo | head -n 1)" | jq -r .status.podIP)
  expect_match "directly from Wasm" "$(from_client straight "http://$address:8080/straight")" '^GET /straight HTTP/1\.1'
  expect_match "through nginx" "$(from_client through "http://$address:8081/through?a=b")" '^GET /through\?a=b HTTP/1\.[01]'
  expect_match "through nginx, its header" "$(from_client header "http://$address:8081/through")" 'X-Forwarded-For: 10\.'
}

both_ready() {
  [ "$(pods_of "$1" | wc -l)" -eq 2 ] &&
    kubectl -n "$ns" get pods -l "$1" -o json | jq -e '[.items[].status.containerStatuses[]?.ready] | length == 4 and all'
}

# from_client NAME URL: prints the answer that another Pod with this name gets.
from_client() {
  one_pod "$1" curl:1 "{\"container\": {\"args\": [\"-sS\", \"-m\", \"5\", \"$2\"]}}" >/dev/null
  eventually 60 "the client ends" ended "$1" >&2
  kubectl -n "$ns" logs "$1"
}

case_memory() {
  example memory-limit | kubectl -n "$ns" create -f -
  eventually 60 "the Pod ends" ended memory-limit
  expect "how it ended" "$(state memory-limit)" "OOMKilled 137"
}

# A module that reads a file by a relative and by an absolute path, with a working directory.
case_working_directory() {
  kubectl -n "$ns" create configmap text --from-literal=text="some text here"
  one_pod reader page:1 '{"container": {"workingDir": "/data", "env": [{"name": "RELATIVE", "value": "text"}],
    "volumeMounts": [{"name": "data", "mountPath": "/data"}]}, "spec": {"volumes": [{"name": "data", "configMap": {"name": "text"}}]}}'
  eventually 60 "the Pod ends" ended reader
  kubectl -n "$ns" logs reader
  log_has reader app 'relative path text: read'
  log_has reader app 'absolute path /data/text: read'
}

# Runs the same image with both engines at the same time. crun sets the name of the process to the name of the engine.
case_two_engines() {
  local engine name
  for engine in wasmedge wasmtime; do
    one_pod "on-$engine" hello-wasm:1 "{\"spec\": {\"runtimeClassName\": \"crun-$engine\"}, \"metadata\": {\"annotations\": {\"module.wasm.image/variant\": \"compat-smart\", \"polypod.dev/inject\": \"false\"}}}"
  done
  for engine in wasmedge wasmtime; do
    is_running "on-$engine"
    says "on-$engine" app "hello from wasm"
    name=$(command_of "on-$engine")
    expect "the process of on-$engine" "$name" "[libcrun:$engine]"
  done
  one_pod three exit-code:1 '{"container": {"args": ["3"]}, "spec": {"runtimeClassName": "crun-wasmtime"},
    "metadata": {"annotations": {"module.wasm.image/variant": "compat-smart", "polypod.dev/inject": "false"}}}'
  eventually 60 "the Pod ends" ended three
  expect "how it ended under Wasmtime" "$(state three)" "Error 3"
}

# process_of UID: prints the process ID, on this machine, of the Wasm container in a Pod.
process_of() {
  local process
  for process in /proc/[0-9]*; do
    if grep -q "$1" "$process/cgroup" 2>/dev/null && grep -aq '^\[libcrun' "$process/cmdline" 2>/dev/null; then
      echo "${process#/proc/}"
      return 0
    fi
  done
  return 1
}

# Prints the name of the Wasm container's process on the node.
command_of() {
  local process
  process=$(process_of "$(pod_json "$1" | jq -r .metadata.uid)") || return 1
  tr '\0' ' ' <"/proc/$process/cmdline" | cut -d ' ' -f 1
}

# The Deployment of the other tests, with an init container, a sidecar and Wasm.
case_mixed() {
  create web
  eventually 90 "two Pods of the Deployment run" web_runs
}

# Creates the Deployment of an example and checks the log of one of its containers.
says_in_deployment() { # example container text
  example "$1" | kubectl -n "$ns" create -f -
  eventually 40 "the Deployment's Pod" a_pod_of "app=$1"
  is_running "$(pods_of "app=$1" | head -n 1)"
  says "$(pods_of "app=$1" | head -n 1)" "$2" "$3"
}

case_init_data() { says_in_deployment init-data page 'read [0-9]* bytes'; }
case_log_formatter() { says_in_deployment log-formatter formatter 'INFO  *#[0-9]'; }

# The Pod for Wasmtime of the example. The Pod for Wasmer does not start on a node without Wasmer.
case_crun_classes() {
  example crun-classes | kubectl -n "$ns" create -f -
  is_running crun-wasmtime
  says crun-wasmtime app "hello from wasm"
  expect "the process" "$(command_of crun-wasmtime)" "[libcrun:wasmtime]"
}

# The loader and all libraries come from the bundle, so a root file system with only busybox is enough.
case_busybox_root() {
  local root=$work/busybox-root bundle=$node_root/opt/crun-wasmedge
  mkdir -p "$root/bin" "$root/opt" "$root/proc"
  cp "$(command -v busybox)" "$root/bin/busybox"
  cp -a "$bundle" "$root/opt/"
  unshare --mount --propagation private sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" /opt/crun-wasmedge/bin/crun --version' "$root" | tee "$work/version"
  grep -q '+WASM:wasmedge' "$work/version"
}

running_cases() {
  run_case case_both_installed "both engines installed side by side"
  run_case case_busybox_root "the bundle in a root file system with only busybox"
  run_case case_mixed "a mixed Deployment: native init container and sidecar beside Wasm"
  run_case case_exit_code "the container ends with the exit code of the module"
  run_case case_failed_job "a Job whose module fails is Failed"
  run_case case_deleted_at_once "a Wasm container ends within two seconds after its Pod is deleted"
  run_case case_echo "the echo server answers another Pod, directly and through nginx"
  run_case case_memory "the memory limit applies to a Wasm container"
  run_case case_working_directory "relative and absolute paths with a working directory"
  run_case case_init_data "example: native init container"
  run_case case_log_formatter "example: log formatter"
  run_case case_crun_classes "example: a Pod that selects Wasmtime"
  run_case case_two_engines "two engines side by side on one node"
}
