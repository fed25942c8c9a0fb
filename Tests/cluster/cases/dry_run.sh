# shellcheck shell=bash
# The dry run of kubectl, and the dry-run overlay, which changes nothing.

case_server_dry_run() {
  local said
  said=$(rendered web | kubectl -n "$ns" apply --dry-run=server -f - 2>&1)
  expect_match "kubectl" "$said" 'deployment\.apps/web created \(server dry run\)'
  rendered platform | kubectl -n "$ns" apply --dry-run=server -o json -f - >"$work/dry.json"
  routed_but_overhead "$(cat "$work/dry.json")"
  expect "the number of stored objects" "$(kubectl -n "$ns" get pods,deployments -o json | jq '.items | length')" 0
  if said=$(rendered exec-probe | kubectl -n "$ns" apply --dry-run=server -f - 2>&1); then
    echo "the dry run admits a Pod that Polypod must refuse: $said"
    return 1
  fi
  expect_match "the refusal" "$said" '\[exec-probe\]'
}

routed_but_overhead() {
  expect "runtimeClassName" "$(jq -r .spec.runtimeClassName <<<"$1")" crun-wasmedge
  expect "the variant" "$(jq -r '.metadata.annotations["module.wasm.image/variant"]' <<<"$1")" compat-smart
}

# These cases need the dry-run overlay.
case_told_not_changed() {
  local said
  said=$(create platform 2>&1)
  not_routed "$(pod_json platform)"
  expect "runtimeClassName" "$(pod_json platform | jq -r .spec.runtimeClassName)" null
  expect_match "the output" "$said" 'Warning: .*(crun-wasmedge|runtimeClassName)'
}

case_told_not_refused() {
  local said
  said=$(create exec-probe 2>&1)
  expect_match "the output" "$said" 'Warning: .*\[exec-probe\]'
  not_routed "$(pod_json exec-probe)"
}

enforce_dry_run_cases() {
  run_case case_server_dry_run "kubectl apply --dry-run=server: reports the changes, stores nothing"
}

overlay_dry_run_cases() {
  run_case case_told_not_changed "dry-run overlay: a Wasm Pod gets a warning and is not changed"
  run_case case_told_not_refused "dry-run overlay: an invalid Pod gets a warning and is not refused"
}
