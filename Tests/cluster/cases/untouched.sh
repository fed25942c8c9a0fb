# shellcheck shell=bash
# Deployments with only native containers: the API server stores the same bytes as without Polypod.

untouched_ns=polypod-test-untouched

# record_essence NAME FILE: creates the Deployment, writes its stored Pod to FILE, and deletes the Deployment.
record_essence() {
  local ns=$untouched_ns
  create "$1-deployment"
  eventually "${3:-30}" "the Deployment's Pod" a_pod_of "app=$1"
  pod_json "$(pods_of "app=$1")" | essence >"$2"
  kubectl -n "$ns" delete deployment "$1" --wait=false
  eventually 30 "the ReplicaSet is gone" no_replica_set_of "app=$1"
  # With --force, because a kubelet that waits for a registry deletes a Pod slowly.
  kubectl -n "$ns" delete pods -l "app=$1" --force --grace-period=0
  eventually 60 "the Pod is gone" no_pod_of "app=$1"
}

no_replica_set_of() {
  [ "$(kubectl -n "$ns" get replicasets -l "$1" -o json | jq '.items | length')" -eq 0 ]
}

no_pod_of() {
  [ -z "$(pods_of "$1")" ]
}

# Runs before Polypod is installed in the cluster.
record_baseline() {
  local name
  make_namespace "$untouched_ns" >/dev/null
  for name in native native-dead native-silent; do
    record_essence "$name" "$work/$name.without" >"$work/baseline.log" 2>&1 ||
      fail_setup "without a webhook, $name failed: $(tail -n 2 "$work/baseline.log")"
  done
}

same_essence() {
  local before after
  before=$(reviews_answered)
  record_essence "$1" "$work/$1.with" "${2:-30}"
  after=$(reviews_answered)
  [ "$after" -gt "$before" ] || { echo "the API server did not call the webhook ($before, $after reviews)"; return 1; }
  cmp "$work/$1.without" "$work/$1.with" ||
    { diff <(jq -S . "$work/$1.without") <(jq -S . "$work/$1.with"); return 1; }
}

case_untouched() { same_essence native; }
case_registry_stopped() { same_essence native-dead; }

# The first Pod waits for the registry once, in /mutate, which has five seconds less one in reserve. The process remembers
# that, so /validate and the Pods that follow do not wait. A Pod of the Deployment has no memory of another replica.
case_registry_silent() {
  local took again first_limit=550 next_limit=150
  [ "$stage" = process ] || { first_limit=1050; next_limit=1050; }
  rendered native | sed "s|$registry/polypod-test|$silent_registry|" >"$work/silent-pod.yaml"
  took=$(centiseconds kubectl -n "$ns" create -f "$work/silent-pod.yaml")
  sed 's|name: native$|name: native-again|' "$work/silent-pod.yaml" >"$work/silent-again.yaml"
  again=$(centiseconds kubectl -n "$ns" create -f "$work/silent-again.yaml")
  echo "admitted after $took hundredths of a second, the next Pod after $again"
  [ "$took" -lt "$first_limit" ]
  [ "$again" -lt "$next_limit" ]
  not_routed "$(pod_json native)"
  not_routed "$(pod_json native-again)"
  same_essence native-silent 40
}

untouched_cases() {
  run_case case_untouched "native Deployment: not changed, byte for byte"
  run_case case_registry_stopped "native Deployment, registry stopped: not changed"
  run_case case_registry_silent "native Deployment, registry silent: within the deadline, not changed"
}
