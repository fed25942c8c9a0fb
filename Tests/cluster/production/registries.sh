# shellcheck shell=bash
# Registries that require credentials: one with Basic, one with Bearer tokens. They are real registries with an htpasswd
# file and a token server. The kubelet pulls with the same secret that Polypod reads.

basic_port=${POLYPOD_TEST_BASIC_PORT:-15002}
bearer_port=${POLYPOD_TEST_BEARER_PORT:-15003}
token_port=${POLYPOD_TEST_TOKEN_PORT:-15004}

# start_registry NAME PORT AUTH-YAML: starts a registry with the storage of NAME.
start_registry() {
  local name=$1 port=$2
  mkdir -p "$work/$name"
  printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "%s:%s"}\n%s\n' \
    "$work/$name" "$webhook_host" "$port" "${3:-}" >"$work/$name.yaml"
  docker-registry serve "$work/$name.yaml" >>"$work/$name.log" 2>&1 &
  # In a file, because each case runs in its own shell.
  echo $! >"$work/$name.pid"
  eventually 10 "the registry $name" answers "$port"
}

stop_registry() {
  kill "$(cat "$work/$1.pid")"
  rm "$work/$1.pid"
  eventually 10 "the registry $1 has stopped" gone "$2"
}

gone() {
  ! answers "$1"
}

answers() {
  [ "$(curl -s -o /dev/null -w '%{http_code}' "http://$webhook_host:$1/v2/")" != 000 ]
}

# Both registries get the same images. The images are pushed while the registry requires no credentials, then it is
# restarted.
start_private_registries() {
  local name port
  htpasswd -Bbn robot "pa:ss word" >"$work/htpasswd"
  for name in basic bearer; do
    port=$(private_port "$name")
    start_registry "$name" "$port"
    "$here/push_image.py" "http://$webhook_host:$port/team" "$here/images.json" "$work/files" >/dev/null
    stop_registry "$name" "$port"
  done
  start_registry basic "$basic_port" "auth: {htpasswd: {realm: test, path: $work/htpasswd}}"
  start_registry bearer "$bearer_port" "auth: {token: {realm: \"https://$webhook_host:$token_port/token\", service: polypod-test, issuer: polypod-test, rootcertbundle: $work/token.crt}}"
  python3 "$here/production/token_server.py" "$webhook_host" "$token_port" "$work/token.key" "$work/token.crt" robot "pa:ss word" >"$work/token.log" 2>&1 &
  echo $! >"$work/token.pid"
  eventually 10 "the token server" grep -q listening "$work/token.log"
  for port in "$basic_port" "$bearer_port"; do node_takes_plain_http "$webhook_host:$port"; done
}

private_port() {
  case $1 in basic) echo "$basic_port" ;; bearer) echo "$bearer_port" ;; esac
}

# Configures the node's containerd, which reads these files for each pull.
node_takes_plain_http() {
  local folder=${POLYPOD_TEST_NODE_ROOT:-}/etc/containerd/certs.d/$1
  [ -n "${POLYPOD_TEST_NODE_ROOT:-}" ] || return 0
  mkdir -p "$folder"
  cp "$work/token.crt" "$folder/ca.crt"
  printf 'server = "http://%s"\n[host."http://%s"]\n  ca = "/etc/containerd/certs.d/%s/ca.crt"\n' "$1" "$1" "$1" >"$folder/hosts.toml"
}

# The token server uses TLS, because Polypod sends no credentials in clear text to another port. Its certificate is
# self-signed.
make_token_certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/token.key" -out "$work/token.crt" -subj /CN=polypod-test -days 2 \
    -addext "subjectAltName=IP:$webhook_host" 2>/dev/null
}

# Adds the certificate of the token server to the webhook's registries, in the same ConfigMap.
trust_token_server() {
  cp "$work/token.crt" "$deploy/base/token-server.crt"
  jq --arg host "$webhook_host:$token_port" '.configs[$host].tls.ca_file = "/etc/polypod/registries/token-server.crt"' \
    "$deploy/base/registries.json" >"$work/registries.json"
  cp "$work/registries.json" "$deploy/base/registries.json"
  sed -i 's|^      - registries.json|&\n      - token-server.crt|' "$deploy/base/kustomization.yaml"
}

stop_private_registries() {
  local file port
  for file in "$work"/*.pid; do
    [ ! -e "$file" ] || kill "$(cat "$file")" 2>/dev/null || true
  done
  [ -z "${POLYPOD_TEST_NODE_ROOT:-}" ] || for port in "$basic_port" "$bearer_port"; do
    rm -rf "$POLYPOD_TEST_NODE_ROOT/etc/containerd/certs.d/$webhook_host:$port"
  done
}

# pull_secret NAMESPACE REGISTRY
pull_secret() {
  kubectl -n "$1" create secret docker-registry regcred --docker-server="$2" --docker-username=robot --docker-password='pa:ss word'
}

# private_pod IMAGE: prints a Wasm Pod that names the secret. Its command does not show that it is Wasm.
private_pod() {
  wasm_pod "$1" | jq '.spec.imagePullSecrets = [{name: "regcred"}]'
}

pulled_and_read() {
  local from=$webhook_host:$1 stranger=$ns-stranger said
  trap 'kubectl delete namespace "$ns-stranger" --wait=false >/dev/null; drop_policies' EXIT
  make_namespace "$stranger"
  for_pull_secrets "$ns"
  for_pull_secrets "$stranger"
  policy test '{"onUnresolvedImage": "Deny"}' | kubectl apply -f -
  in_force test
  pull_secret "$ns" "$from"
  private_pod "$from/team/hello:1" | kubectl -n "$ns" create -f -
  routed "$(pod_json wasm)"
  is_running wasm
  says wasm app "hello from wasm"
  # Polypod has cached the answer, but must not use it for a namespace without the secret.
  said=$(private_pod "$from/team/hello:1" | kubectl -n "$stranger" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "the Pod in the other namespace" "$said" '\[image-unresolved\]'
  expect_match "the reason" "$said" 'regcred'
  said=$(wasm_pod "$from/team/hello:1" | kubectl -n "$stranger" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  # A secret of a service account applies to Pods and, before the Pods exist, to their workload.
  pull_secret "$stranger" "$from"
  kubectl -n "$stranger" patch serviceaccount default -p '{"imagePullSecrets": [{"name": "regcred"}]}'
  eventually 45 "Polypod uses the service account's secret" account_counts "$stranger" "$from"
  said=$(wasm_pod "$from/team/second:1" | workload_of Deployment | kubectl -n "$stranger" create -f - 2>&1)
  expect_match "the workload" "$said" 'its Pods will run under crun-wasmedge'
}

account_counts() {
  wasm_pod "$2/team/hello:1" | kubectl -n "$1" create --dry-run=server -o json -f - | jq -e '.spec.runtimeClassName == "crun-wasmedge"'
}

case_basic() { pulled_and_read "$basic_port"; }
case_bearer() { pulled_and_read "$bearer_port"; }

# for_pull_secrets NAMESPACE: lets Polypod read the secrets of the namespace, as the finding says.
for_pull_secrets() {
  (cd "$repository" && kubectl -n "$1" apply -f deploy/webhook/pull-secrets.yaml)
}

# A namespace lets Polypod read its secrets with a RoleBinding.
case_namespaces_opt_in() {
  local from=$webhook_host:$basic_port said
  trap drop_policies EXIT
  policy test '{"onUnresolvedImage": "Deny"}' | kubectl apply -f -
  in_force test
  pull_secret "$ns" "$from"
  said=$(private_pod "$from/team/second:1" | kubectl -n "$ns" create -f - 2>&1) && { echo "admitted: $said"; return 1; }
  expect_match "the reason" "$said" 'secret regcred: may not be read'
  expect_match "the command" "$said" "kubectl -n $ns apply -f deploy/webhook/pull-secrets.yaml"
  for_pull_secrets "$ns"
  eventually 60 "the namespace's secret is read" private_is_routed "$from/team/second:1"
}

# The overlay for those who want no RoleBindings, and the way back.
case_cluster_secrets() {
  expect "the right before" "$(may_read_secrets)" no
  kubectl apply -k "$deploy/overlays/cluster-secrets" >/dev/null 2>&1 || true # a cluster before 1.21 lacks policy/v1
  expect "the right with cluster-secrets" "$(may_read_secrets)" yes
  kubectl apply -k "$deploy/overlays/enforce" >/dev/null 2>&1 || true
  expect "the right with enforce again" "$(may_read_secrets)" no
}

may_read_secrets() {
  kubectl auth can-i get secrets -A --as=system:serviceaccount:polypod-system:polypod-webhook || true
}

# A Pod cannot use the webhook to find out what listens at a private address.
case_refused_networks() {
  local said
  said=$(wasm_pod "$webhook_host:22/a/b:1" | kubectl -n "$ns" create --dry-run=server -o name -f - 2>&1)
  expect_match "the warning" "$said" 'its network is refused'
}

private_is_routed() {
  private_pod "$1" | kubectl -n "$ns" create --dry-run=server -o json -f - | jq -e '.spec.runtimeClassName == "crun-wasmedge"'
}

case_secrets_stay_secret() {
  local everything
  everything=$(webhook_log_whole; webhook_metrics; kubectl get events -A -o json; kubectl get pods -A -o json | jq '.items[].metadata.annotations')
  if grep -nE 'pa:ss|cm9ib3Q6cGE6c3Mgd29yZA' <<<"$everything" | head -n 3 | grep .; then
    echo "the output contains a secret"
    return 1
  fi
}

webhook_log_whole() {
  kubectl -n polypod-system logs -l app.kubernetes.io/name=polypod-webhook --tail=-1
}

registry_cases() {
  start_private_registries >"$work/registries.log" 2>&1 || fail_setup "the private registries did not start: $(tail -n 3 "$work/registries.log")"
  run_case case_basic "a registry with Basic: pulled and read with a secret, refused without"
  run_case case_bearer "a registry with Bearer tokens: pulled and read with a secret, refused without"
  run_case case_namespaces_opt_in "without the right to secrets, a namespace opts in with a RoleBinding"
  run_case case_cluster_secrets "overlays/cluster-secrets gives the right to all secrets, enforce takes it away"
  run_case case_refused_networks "a Pod's image in a private network: not asked"
  run_case case_secrets_stay_secret "no log, metric, Event or annotation contains a secret"
}
