# shellcheck shell=bash
# The settings of the tests, the programs that they find, and their working folder.

fail_setup() {
  printf 'cluster-test: %s\n' "$*" >&2
  exit 2
}

settings() {
  local tool
  for tool in kubectl jq curl openssl python3 wat2wasm; do
    command -v "$tool" >/dev/null || fail_setup "$tool is not installed (make setup-cluster-test installs all but kubectl)"
  done
  export KUBECONFIG=${POLYPOD_TEST_KUBECONFIG:-${KUBECONFIG:-}}
  [ -n "$KUBECONFIG" ] || fail_setup "POLYPOD_TEST_KUBECONFIG is not set: set it to the kubeconfig of the cluster"
  registry=${POLYPOD_TEST_REGISTRY:?cluster-test: set POLYPOD_TEST_REGISTRY to the HOST:PORT of a plain-HTTP registry}
  webhook_host=${POLYPOD_TEST_WEBHOOK_HOST:?cluster-test: set POLYPOD_TEST_WEBHOOK_HOST to an address of this machine that the API server reaches}
  webhook_port=${POLYPOD_TEST_WEBHOOK_PORT:-18443}
  ops_port=${POLYPOD_TEST_OPS_PORT:-18080}
  silent_port=${POLYPOD_TEST_SILENT_PORT:-15001}
  stages=${POLYPOD_TEST_STAGES:-process pods}
  only=${POLYPOD_TEST_ONLY:-.}

  images=$registry/polypod-test
  dead_registry=$webhook_host:1
  silent_registry=$webhook_host:$silent_port
  more_registries=()

  kubectl get --raw /readyz >/dev/null || fail_setup "the API server does not answer"
  server_minor=$(minor_version .serverVersion)
  client_minor=$(minor_version .clientVersion)
  [ -n "$server_minor" ] && [ -n "$client_minor" ] || fail_setup "kubectl version shows no versions"

  work=$(mktemp -d "${TMPDIR:-/tmp}/polypod-cluster-test.XXXXXX")
  chmod 755 "$work"
  find_programs
}

minor_version() {
  kubectl version -o json 2>/dev/null | jq -r "$1.gitVersion" | sed -nE 's/^v1\.([0-9]+)\..*/\1/p'
}

# The server and the command line tool: from the variables, or built by `make release` or `swift build`.
find_programs() {
  local folder
  webhook_program=${POLYPOD_TEST_WEBHOOK:-}
  cli_program=${POLYPOD_TEST_CLI:-}
  for folder in "$repository/build/release" "$repository/build/image" "$(debug_folder)"; do
    [ -n "$webhook_program" ] || [ ! -x "$folder/polypod-webhook" ] || webhook_program=$folder/polypod-webhook
    [ -n "$cli_program" ] || [ ! -x "$folder/polypod" ] || cli_program=$folder/polypod
  done
  [ -x "$webhook_program" ] || fail_setup "no polypod-webhook: run 'make release', or set POLYPOD_TEST_WEBHOOK"
  [ -x "$cli_program" ] || fail_setup "no polypod: run 'make build', or set POLYPOD_TEST_CLI"
}

debug_folder() {
  (cd "$repository" && swift build --show-bin-path 2>/dev/null) || true
}
