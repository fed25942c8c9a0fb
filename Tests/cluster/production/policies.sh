# shellcheck shell=bash
# WasmPolicy objects: their effects, invalid policies, and examples of use.

# policy NAME SPEC: prints a policy; SPEC is JSON.
policy() {
  jq -n --arg name "$1" --argjson spec "$2" \
    '{apiVersion: "polypod.dev/v1alpha1", kind: "WasmPolicy", metadata: {name: $name}, spec: $spec}'
}

# only_here SPEC: prints the same spec, limited to the namespace of the case.
only_here() {
  jq -c --arg ns "$ns" '.match.namespaceSelector.matchLabels["kubernetes.io/metadata.name"] = $ns' <<<"$1"
}

# condition NAME TYPE: prints the status of a policy's condition.
condition() {
  kubectl get wasmpolicy "$1" -o json | jq -r --arg type "$2" '.status.conditions[]? | select(.type == $type) | .status'
}

is_condition() {
  [ "$(condition "$1" "$2")" = "$3" ]
}

# in_force NAME: waits until a replica has accepted the policy. The other replicas accept it at the same moment.
in_force() {
  eventually 20 "the policy $1 is accepted" is_condition "$1" Valid True
  sleep 1
}

drop_policies() {
  kubectl delete wasmpolicies --all >/dev/null
  sleep 1
}

case_policy_changes_the_next_admission() {
  trap drop_policies EXIT
  routed_but_overhead "$(admitted platform)"
  policy test "$(only_here '{"runtime": {"runtimeClassName": "polypod-test-other"}}')" | kubectl apply -f -
  in_force test
  expect "the class" "$(admitted platform | jq -r .spec.runtimeClassName)" polypod-test-other
  kubectl delete wasmpolicy test
  eventually 10 "the built-in policy applies again" is_routed_again
}

is_routed_again() {
  [ "$(admitted platform | jq -r .spec.runtimeClassName)" = crun-wasmedge ]
}

case_invalid_policy_is_reported_and_harmless() {
  local said
  trap drop_policies EXIT
  policy test "$(only_here '{"mode": "Warn"}')" | kubectl apply -f -
  in_force test
  # The server finds errors that the schema cannot express.
  policy test "$(only_here '{"mode": "Enforce", "preferWasm": true, "pinWasmManifest": false}')" | kubectl apply -f -
  eventually 20 "the policy is found invalid" is_condition test Valid False
  expect_match "the reason" "$(kubectl get wasmpolicy test -o json | jq -r '.status.conditions[] | select(.type == "Valid") | .message')" \
    'spec\.preferWasm: .*pinWasmManifest'
  # The last valid version, which only warns, stays in force.
  said=$(create exec-probe 2>&1)
  expect_match "the output" "$said" 'Warning: .*\[exec-probe\]'
  eventually 20 "an Event" invalid_policy_event
  expect_match "the metrics" "$(webhook_metrics)" '^polypod_policies\{state="invalid"\} 1'
  expect_match "a column" "$(kubectl get wasmpolicies)" '^test .*False'
}

invalid_policy_event() {
  kubectl get events -A -o json | jq -e '.items[] | select(.reason == "InvalidPolicy" and .involvedObject.name == "test")' >/dev/null
}

case_misspelt_policy_is_refused() {
  local said
  if said=$(policy test '{"mode": "enforce"}' | kubectl apply -f - 2>&1); then
    echo "the API server accepts it: $said"
    return 1
  fi
  expect_match "the schema" "$said" 'spec\.mode'
}

case_dry_run_policy() {
  local said
  trap drop_policies EXIT
  policy test "$(only_here '{"mode": "DryRun"}')" | kubectl apply -f -
  in_force test
  said=$(create platform 2>&1)
  not_routed "$(pod_json platform)"
  expect "the class" "$(pod_json platform | jq -r .spec.runtimeClassName)" null
  expect_match "the warning about the class" "$said" 'Warning: DryRun: would add spec\.runtimeClassName: crun-wasmedge'
  expect_match "the warning about the variant" "$said" 'Warning: DryRun: would add .*module\.wasm\.image/variant.*compat-smart'
  said=$(create exec-probe 2>&1)
  expect_match "the warning about the refusal" "$said" 'Warning: .*\[exec-probe\]'
  not_routed "$(pod_json exec-probe)"
}

case_precedence() {
  trap drop_policies EXIT
  policy second "$(only_here '{"matchingPrecedence": 200, "mode": "DryRun"}')" | kubectl apply -f -
  policy first "$(only_here '{"matchingPrecedence": 100, "mode": "Enforce"}')" | kubectl apply -f -
  in_force second
  in_force first
  routed_but_overhead "$(admitted platform)"
  policy first "$(only_here '{"matchingPrecedence": 300, "mode": "Enforce"}')" | kubectl apply -f -
  eventually 20 "the other policy decides" is_not_routed platform
}

is_not_routed() {
  [ "$(admitted "$1" | jq -r .spec.runtimeClassName)" = null ]
}

case_namespace_labels() {
  trap drop_policies EXIT
  policy test '{"mode": "DryRun", "match": {"namespaceSelector": {"matchLabels": {"team": "quiet"}}}}' | kubectl apply -f -
  in_force test
  routed_but_overhead "$(admitted platform)"
  kubectl label namespace "$ns" team=quiet
  eventually 10 "the policy applies to the label" is_not_routed platform
}

case_namespace_opts_out() {
  local said
  trap drop_policies EXIT
  kubectl label namespace "$ns" polypod.dev/inject=disabled
  eventually 10 "Polypod does not change the namespace's Pods" is_not_routed platform
  create exec-probe # Polypod also refuses nothing
  policy strict "$(only_here '{"allowOptOut": false}')" | kubectl apply -f -
  in_force strict
  routed_but_overhead "$(admitted platform)"
  said=$(rendered opt-out-label | kubectl -n "$ns" create --dry-run=server -f - 2>&1)
  expect_match "the warning about the opt-out" "$said" 'not honoured'
}

# A policy for the whole cluster: Wasm only from one registry, by digest.
case_only_this_registry_by_digest() {
  local digest said pinned
  trap drop_policies EXIT
  policy only-ours "$(jq -cn --arg pattern "$images/hello" \
    '{images: {allowed: [$pattern], requireDigest: true}, pinWasmManifest: true, workloads: "Deny"}')" | kubectl apply -f -
  in_force only-ours
  read -r digest <<<"$(image_digests hello:1)"
  pinned=$images/hello@$digest

  said=$(wasm_pod "$images/second:1" | kubectl -n "$ns" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "another image" "$said" '\[image-not-allowed\]'
  said=$(wasm_pod "$images/hello:1" | kubectl -n "$ns" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "by tag" "$said" '\[digest-required\]'
  wasm_pod "$pinned" | kubectl -n "$ns" create -f -
  native_pod | kubectl -n "$ns" create -f - # the policy does not apply to native Pods

  said=$(wasm_pod "$images/second:1" | workload_of Deployment | kubectl -n "$ns" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "a Deployment" "$said" 'admission webhook "workloads\.polypod\.dev" denied the request.*\[image-not-allowed\]'
  wasm_pod "$pinned" | workload_of Deployment | kubectl -n "$ns" create -f -
  said=$(wasm_pod "$images/hello:1" | workload_of CronJob | kubectl -n "$ns" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "a CronJob" "$said" '\[digest-required\]'
  wasm_pod "$pinned" | workload_of CronJob | kubectl -n "$ns" create -f -
}

case_policy_counts_its_pods() {
  trap drop_policies EXIT
  policy test "$(only_here '{}')" | kubectl apply -f -
  in_force test
  wasm_pod "$images/hello:1" | kubectl -n "$ns" create -f -
  native_pod | kubectl -n "$ns" create -f -
  eventually 75 "the status counts both Pods" counts_pods test 2
}

counts_pods() {
  [ "$(kubectl get wasmpolicy "$1" -o json | jq -r .status.podsDecided)" = "$2" ]
}

# Runs the server outside the cluster, as a process with a kubeconfig.
case_kubeconfig() {
  local address=http://127.0.0.1:$ops_port
  trap 'kill "$process"; drop_policies' EXIT
  policy test "$(only_here '{}')" | kubectl apply -f -
  kubectl config view --raw --flatten -o json >"$work/kubeconfig.json"
  "$repository/certs/make-certs" --local --out "$work/certs" --kustomize "$work/certs/kustomize" >/dev/null
  "$webhook_program" --kubernetes "$work/kubeconfig.json" --listen "127.0.0.1:$webhook_port" --ops-listen "127.0.0.1:$ops_port" \
    --tls-cert "$work/certs/tls.crt" --tls-key "$work/certs/tls.key" --shutdown-delay 0s >"$work/process.log" 2>&1 &
  process=$!
  eventually 20 "the process is ready" curl -sf "$address/readyz"
  expect "policies" "$(curl -s "$address/metrics" | grep -E '^polypod_policies\{state="valid"\}')" 'polypod_policies{state="valid"} 1'
}

# wasm_pod IMAGE, native_pod: print bare Pods. workload_of KIND: prints a workload with the Pod from standard input.
wasm_pod() {
  jq -n --arg image "$1" '{apiVersion: "v1", kind: "Pod", metadata: {name: "wasm"}, spec: {containers: [{name: "app", image: $image}]}}'
}

native_pod() {
  wasm_pod "$images/native:1" | jq '.metadata.name = "native"'
}

workload_of() {
  jq --arg kind "$1" --arg cronjob "$(cronjob_version)" '
    .spec as $spec | {labels: {app: "wasm"}} as $metadata
    | if $kind == "CronJob" then
        {apiVersion: $cronjob, kind: $kind, metadata: {name: "wasm"},
         spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {metadata: $metadata, spec: ($spec + {restartPolicy: "Never"})}}}}}
      else
        {apiVersion: "apps/v1", kind: $kind, metadata: {name: "wasm"},
         spec: {replicas: 1, selector: {matchLabels: {app: "wasm"}}, template: {metadata: $metadata, spec: $spec}}}
      end'
}

policy_cases() {
  run_case case_policy_changes_the_next_admission "a new policy applies to the next admission"
  run_case case_invalid_policy_is_reported_and_harmless "an invalid policy is reported, and the last valid one stays in force"
  run_case case_misspelt_policy_is_refused "the schema refuses a misspelt policy"
  run_case case_dry_run_policy "DryRun changes nothing and reports everything"
  run_case case_precedence "of two policies, the one with the lower precedence number decides"
  run_case case_namespace_labels "a policy for namespaces with a label"
  run_case case_namespace_opts_out "a namespace opts out, unless the policy forbids it"
  run_case case_only_this_registry_by_digest "Wasm only from one registry, by digest: Pods, Deployments, CronJobs"
  run_case case_kubeconfig "the server as a process, with a kubeconfig"
  run_case case_policy_counts_its_pods "a policy's status counts its Pods over all replicas"
}
