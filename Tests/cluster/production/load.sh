# shellcheck shell=bash
# Creates thousands of Pods while everything around the webhook changes, and checks what an uninstallation leaves.

load_pods=${POLYPOD_TEST_LOAD:-2000}
load_rate=${POLYPOD_TEST_LOAD_RATE:-25}
load_port=${POLYPOD_TEST_LOAD_PORT:-15005}
proxy_port=${POLYPOD_TEST_PROXY_PORT:-15006}

# start_proxy: makes the API server available on loopback for programs without a client certificate.
start_proxy() {
  kubectl proxy --port="$proxy_port" >"$work/proxy.log" 2>&1 &
  proxy_pid=$!
  eventually 10 "kubectl proxy" curl -sf "http://127.0.0.1:$proxy_port/readyz"
}

# Prints the Pod that holds the lease.
leader() {
  kubectl -n polypod-system get lease polypod-webhook -o json | jq -r .spec.holderIdentity
}

ready_replicas() {
  kubectl -n polypod-system rollout status deployment/polypod-webhook --timeout=90s
}

ca_was_rotated() {
  [ "$(kubectl -n polypod-system get secret polypod-ca -o json | jq -r '.metadata.annotations["polypod.dev/rotated-ca"]')" = "$1" ]
}

rotate_ca() {
  kubectl -n polypod-system annotate secret polypod-ca "polypod.dev/rotate-ca=$1" --overwrite
  eventually 90 "the CA is rotated" ca_was_rotated "$1"
}

api_server_is_ready() {
  kubectl get --raw /readyz
}

# difference FILE: prints the difference between the numbers in FILE and the current numbers.
difference() {
  paste "$1" <(failed_calls) | awk '{ print $3 - $1, $4 - $2 }'
}

# Makes changes while Pods are created, and prints the second at which each change began.
disturb() {
  local began=$SECONDS
  happens() { printf '%3d s  %s\n' "$((SECONDS - began))" "$*"; }
  happens "the replicas roll"
  kubectl -n polypod-system rollout restart deployment/polypod-webhook
  ready_replicas
  happens "the leader is deleted"
  kubectl -n polypod-system delete pod "$(leader)" --wait=false
  sleep 3
  ready_replicas
  happens "the CA is rotated"
  rotate_ca one
  happens "the CA is rotated again"
  rotate_ca two
  happens "the policy changes"
  policy load '{"checks": {"mesh-user": "deny"}}' | kubectl apply -f -
  in_force load
  happens "the registry stops"
  stop_registry load "$load_port"
  sleep 6
  happens "the registry starts again"
  start_registry load "$load_port"
  kubectl delete wasmpolicy load
  difference "$work/failed-at-start" >"$work/failed-before-restart"
  if [ -n "${POLYPOD_TEST_APISERVER_RESTART:-}" ]; then
    happens "the API server restarts"
    $POLYPOD_TEST_APISERVER_RESTART
    eventually 60 "the API server is ready again" api_server_is_ready
    happens "the API server is ready"
  fi
  happens "the end"
}

# Prints the number of requests that were admitted without an answer, and the number of webhook calls that failed.
failed_calls() {
  kubectl get --raw /metrics | awk '
    /^apiserver_admission_webhook_fail_open_count.*polypod/ { open += $NF }
    /^apiserver_admission_webhook_rejection_count.*calling_webhook_error.*polypod/ { failed += $NF }
    END { print open + 0, failed + 0 }'
}

case_nothing_fails_while_everything_changes() {
  local status=0 load disturbance
  trap 'drop_policies; kill "$proxy_pid"' EXIT
  start_registry load "$load_port"
  "$here/push_image.py" "http://$webhook_host:$load_port/team" "$here/images.json" "$work/files" >/dev/null
  start_proxy
  failed_calls >"$work/failed-at-start"
  "$here/production/load.py" "http://127.0.0.1:$proxy_port" "$ns" "$webhook_host:$load_port/team" 12 4 # both replicas know the images
  "$here/production/load.py" "http://127.0.0.1:$proxy_port" "$ns" "$webhook_host:$load_port/team" "$load_pods" "$load_rate" >"$work/load.json" 2>"$work/load.err" &
  load=$!
  disturb >"$work/disturbances" 2>&1 &
  disturbance=$!
  wait "$disturbance" || { echo "a change around the webhook failed"; status=1; }
  wait "$load" || status=1
  cat "$work/disturbances" "$work/load.err" "$work/load.json"
  cp "$work/load.json" "$work/disturbances" "${POLYPOD_TEST_RESULTS:-$work}/" 2>/dev/null || true
  return "$status"
}

# Uses the API server's own metrics, before and after its restart.
case_no_fail_open() {
  expect "requests admitted without an answer, and failed calls, before the restart" "$(cat "$work/failed-before-restart")" "0 0"
  expect "requests admitted without an answer, and failed calls, after the restart" "$(failed_calls)" "0 0"
}

case_replica_proves_itself() {
  eventually 60 "the self-proof of both replicas succeeds" proven
}

proven() {
  webhook_metrics | awk '/^polypod_self_proof_ok / { n += $NF } END { exit n < 2 }'
}

# With --manage-failure-policy, Polypod sets the validating configuration to Fail, and back to Ignore before no replica
# answers.
case_failure_policy_follows_the_proof() {
  trap 'kubectl -n polypod-system rollout undo deployment/polypod-webhook >/dev/null; ready_replicas >/dev/null; kubectl patch validatingwebhookconfiguration polypod --type=json -p "[{\"op\": \"replace\", \"path\": \"/webhooks/0/failurePolicy\", \"value\": \"Fail\"}]" >/dev/null' EXIT
  kubectl patch validatingwebhookconfiguration polypod --type=json -p '[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]'
  kubectl -n polypod-system patch deployment polypod-webhook --type=json -p '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--manage-failure-policy"}]'
  ready_replicas
  eventually 180 "Fail after three proofs" failure_policy_is Fail
  kubectl -n polypod-system scale deployment polypod-webhook --replicas=0
  eventually 60 "Ignore when the last replica goes" failure_policy_is Ignore
  kubectl -n polypod-system scale deployment polypod-webhook --replicas=2
}

failure_policy_is() {
  [ "$(kubectl get validatingwebhookconfiguration polypod -o json | jq -r '.webhooks[] | select(.name == "pods.polypod.dev") | .failurePolicy')" = "$1" ]
}

case_rights() {
  trap 'kill "$proxy_pid"' EXIT
  start_proxy
  "$here/production/rights.py" "http://127.0.0.1:$proxy_port" "$here/production/rights.json"
}

# Uninstalls as documented, and creates Pods afterwards.
case_uninstall_leaves_nothing() {
  local left
  uninstall
  create native
  create platform # the Pod must be the same as without Polypod
  not_routed "$(pod_json platform)"
  left=$(kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings,priorityclasses,crds,namespaces -o name |
    grep polypod | grep -v 'polypod-test\|polypod-node' || true)
  expect "what is left" "$left" ""
}

load_cases() {
  run_case case_replica_proves_itself "the self-proof of each replica succeeds through the API server"
  run_case case_rights "the service account has the rights that it uses, and no others"
  run_case case_nothing_fails_while_everything_changes "$load_pods Pods while replicas, CA, policy, registry and API server change"
  run_case case_no_fail_open "the API server's metrics: no request admitted unchecked, no failed call"
  run_case case_failure_policy_follows_the_proof "failurePolicy follows the self-proof: Ignore before the last replica ends"
}

last_cases() {
  run_case case_uninstall_leaves_nothing "after uninstalling, nothing is left and nothing blocks a Pod"
}
