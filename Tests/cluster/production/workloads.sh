# shellcheck shell=bash
# Polypod warns about workloads at kubectl apply, and the admissions of their Pods send no requests to registries.

# Prints the number of Polypod's requests that a registry has answered, from its log.
asked_by_polypod() {
  grep -c 'http.request.useragent="\?polypod' "$work/$1.log" || true
}

case_apply_warns() {
  local said
  said=$(rendered web | kubectl -n "$ns" apply -f - 2>&1)
  expect_match "the output" "$said" 'Warning: web: container "app" is Wasm .*: its Pods will run under crun-wasmedge beside'
  said=$(rendered web | kubectl -n "$ns" apply -f - 2>&1)
  expect "the warnings of the second apply" "$(grep -c Warning <<<"$said")" 0
  said=$(rendered exec-probe | kubectl create --dry-run=client -o json -f - | workload_of Deployment | kubectl -n "$ns" apply -f - 2>&1)
  expect_match "the warning about the refusal" "$said" 'Warning: wasm: container .*\[exec-probe\]'
  kubectl -n "$ns" get deployment wasm -o json | jq -e '.spec.template.spec.runtimeClassName == null' >/dev/null ||
    { echo "the Deployment was changed"; return 1; }
}

case_pods_ask_no_registry() {
  local before after
  pull_secret "$ns" "$webhook_host:$basic_port"
  for_pull_secrets "$ns"
  # An image that Polypod has not looked up yet.
  private_pod "$webhook_host:$basic_port/team/once:1" | jq '.spec.restartPolicy = "Always"' | workload_of Deployment |
    jq '.spec.replicas = 0' | kubectl -n "$ns" apply -f -
  before=$(asked_by_polypod basic)
  [ "$before" -gt 0 ] || { echo "the registry's log shows no request from Polypod"; return 1; }
  # Each replica watches the workloads and looks up their images itself.
  eventually 20 "both replicas have looked up the image" asks_no_more
  before=$(asked_by_polypod basic)
  kubectl -n "$ns" scale deployment wasm --replicas=3
  eventually 40 "three Pods" three_pods_of app=wasm
  after=$(asked_by_polypod basic)
  expect "requests to the registry for three Pods" "$((after - before))" 0
  expect "the Pods' classes" "$(kubectl -n "$ns" get pods -l app=wasm -o json | jq -rc '[.items[].spec.runtimeClassName] | unique')" '["crun-wasmedge"]'
}

three_pods_of() {
  [ "$(pods_of "$1" | wc -l)" -eq 3 ]
}

# Checks that the registry gets no request for two seconds.
asks_no_more() {
  local before
  before=$(asked_by_polypod basic)
  sleep 2
  [ "$(asked_by_polypod basic)" -eq "$before" ]
}

case_owner_has_an_event() {
  wasm_pod "$images/hello:1" | workload_of Deployment | kubectl -n "$ns" apply -f -
  eventually 30 "an Event on the ReplicaSet" event_of ReplicaSet PodRouted
  wasm_pod "$images/hello:1" | jq '.spec.containers[0].readinessProbe = {exec: {command: ["/x"]}}' | workload_of Deployment |
    jq '.metadata.name = "refused"' | kubectl -n "$ns" apply -f -
  eventually 30 "an Event on the ReplicaSet of the refused Pods" event_of ReplicaSet PodRefused
  kubectl -n "$ns" delete deployments --all
  eventually 30 "the ReplicaSets are gone" no_replica_sets
  kubectl -n "$ns" delete events --all >/dev/null
  wasm_pod "$images/hello:1" | kubectl -n "$ns" create --dry-run=server -f -
  sleep 2
  expect "Events of a dry run" "$(kubectl -n "$ns" get events -o json | jq '[.items[] | select(.source.component == "polypod-webhook" and .reason == "PodRouted")] | length')" 0
}

no_replica_sets() {
  [ "$(kubectl -n "$ns" get replicasets -o name | wc -l)" -eq 0 ]
}

event_of() {
  kubectl -n "$ns" get events -o json |
    jq -e --arg kind "$1" --arg reason "$2" '.items[] | select(.involvedObject.kind == $kind and .reason == $reason)' >/dev/null
}

case_missing_class() {
  local said
  trap 'kubectl apply -f "$repository/deploy/runtime-classes.yaml" >/dev/null' EXIT
  kubectl delete runtimeclass crun-wasmedge
  sleep 1
  said=$(create platform 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "the refusing webhook" "$said" 'admission webhook "pods\.polypod\.dev" denied.*\[runtime-class-missing\]'
  create native # a Pod that needs no class is admitted
}

case_no_node_for_the_class() {
  local said
  trap 'kubectl delete runtimeclass crun-wasmedge >/dev/null; kubectl apply -f "$repository/deploy/runtime-classes.yaml" >/dev/null' EXIT
  kubectl get runtimeclass crun-wasmedge -o json | jq 'del(.metadata.resourceVersion, .metadata.uid) | .scheduling.nodeSelector = {"polypod.dev/test-nowhere": "true"}' | kubectl replace --force -f -
  sleep 1
  said=$(rendered platform | kubectl -n "$ns" create --dry-run=server -f - 2>&1)
  expect_match "the warning" "$said" 'Warning: .*\[runtime-class-unschedulable\]'
}

workload_cases() {
  run_case case_apply_warns "kubectl apply of a Deployment warns once what changes in its Pods"
  run_case case_pods_ask_no_registry "the admissions of the Pods send no requests to a registry"
  run_case case_owner_has_an_event "Events on the owners of changed and refused Pods, none for dry runs"
  run_case case_missing_class "Polypod reports a missing runtime class"
  run_case case_no_node_for_the_class "Polypod warns if no node matches the runtime class"
}
