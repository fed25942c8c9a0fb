# shellcheck shell=bash
# Tests of `polypod node` that run on this machine and change the node's root file system.

case_bare() {
  create web
  eventually 60 "the kubelet reports that the runtime does not exist" no_such_runtime
}

no_such_runtime() {
  grep -q 'no runtime for "crun-wasmedge" is configured' <<<"$(kubectl -n "$ns" get events -o json | jq -r '.items[].message')"
}

case_plan() {
  local before said
  before=$(state_of "$config")
  said=$(node_command plan --engine wasmedge --bundle "$bundles/crun-wasmedge")
  expect_match "the plan" "$said" 'runtimes\.crun-wasmedge\]'
  expect_match "the plan" "$said" '^\+'
  expect "the configuration" "$(state_of "$config")" "$before"
  [ ! -e "$node_root/opt/crun-wasmedge" ]
}

case_broken_configuration() {
  local said status=0 line
  printf '[plugins.broken\n' >>"$config"
  line=$(wc -l <"$config")
  before=$(state_of "$config")
  said=$(install_from_here wasmedge --no-restart 2>&1) || status=$?
  expect "the configuration" "$(state_of "$config")" "$before"
  cp -p "$work/bare.toml" "$config"
  expect "the exit code" "$status" 2
  expect_match "the output" "$said" "config\.toml:$line"
  [ ! -e "$node_root/opt/crun-wasmedge" ]
}

# In containerd 1.x, a table of an imported file replaces the whole table of the main file.
case_imported_configuration() {
  local said status=0
  grep -q ' v\?1\.' <<<"$("${node_shell[@]}" containerd --version)" || skip "containerd 2 merges imported tables"
  mkdir -p "$node_root/etc/containerd/conf.d"
  printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  enable_tls_streaming = false\n' >"$node_root/etc/containerd/conf.d/other.toml"
  sed -i '1a imports = ["/etc/containerd/conf.d/*.toml"]' "$config"
  before=$(sha256sum <"$config")
  said=$(install_from_here wasmedge --no-restart 2>&1) || status=$?
  after=$(sha256sum <"$config")
  rm "$node_root/etc/containerd/conf.d/other.toml"
  rmdir --ignore-fail-on-non-empty "$node_root/etc/containerd/conf.d"
  cp -p "$work/bare.toml" "$config"
  expect "the exit code" "$status" 1
  expect "the configuration" "$after" "$before"
  expect_match "the output" "$said" 'does not know crun-wasmedge'
  [ ! -e "$node_root/opt/crun-wasmedge" ]
}

case_install() {
  local before
  create web
  install_from_here wasmedge --no-restart
  restart_node
  eventually 90 "two Pods of the Deployment run" web_runs
  before=$(state_of "$config")
  install_from_here wasmedge --no-restart
  expect "the configuration, installed twice" "$(state_of "$config")" "$before"
  node_command status --engine wasmedge
}

web_runs() {
  local pod
  [ "$(pods_of app=web | wc -l)" -eq 2 ] || return 1
  for pod in $(pods_of app=web); do
    running "$pod" && log_has "$pod" app "hello from wasm" && log_has "$pod" prepare prepared || return 1
  done
}

case_uninstall() {
  node_command uninstall --engine wasmedge --no-restart
  cmp "$config" "$work/bare.toml"
  [ ! -e "$node_root/opt/crun-wasmedge" ]
  [ -z "$(find "$node_root/etc/containerd" -newer "$work/bare.toml" -name '*polypod*')" ]
  restart_node
}

# Runs from within the node, with a service manager that restarts containerd.
case_restart() {
  local before after
  make_service_manager
  put_into_node
  before=$(containerd_process)
  install_in_node
  after=$(containerd_process)
  [ "$before" != "$after" ] || { echo "containerd was not restarted"; return 1; }
  install_in_node
  expect "containerd, installed twice" "$(containerd_process)" "$after"
  in_node status
  in_node uninstall
  cmp "$config" "$work/bare.toml"
  [ "$after" != "$(containerd_process)" ] || { echo "containerd was not restarted"; return 1; }
}

case_no_start() {
  local status=0 said
  make_service_manager
  put_into_node
  "${node_shell[@]}" touch /run/next-start-fails
  said=$(install_in_node 2>&1) || status=$?
  expect "the exit code" "$status" 1
  expect_match "the output" "$said" 'did not come up'
  cmp "$config" "$work/bare.toml"
  containerd_process >/dev/null || { echo "containerd does not run"; return 1; }
  [ ! -e "$node_root/opt/crun-wasmedge" ]
}

installing_cases() {
  run_case case_bare "a mixed Deployment on a node with only runc: the runtime is missing"
  run_case case_plan "polypod node plan: shows a diff and changes nothing"
  run_case case_broken_configuration "an invalid configuration: refused with its line and not changed"
  run_case case_imported_configuration "a table that an imported file replaces: rolled back"
  run_case case_install "polypod node install: the mixed Deployment runs; a second time changes nothing"
  run_case case_uninstall "polypod node uninstall: restores the configuration byte for byte"
  run_case case_restart "containerd is restarted once, and not if nothing changes"
  run_case case_no_start "containerd does not come up: everything is restored, containerd runs"
  remove_service_manager
}
