# shellcheck shell=bash
# The webhook of the cluster: a process on this machine that the API server calls by URL, or Pods.

webhook_pid=
silent_pid=

# Creates a copy of deploy/webhook with the registries and the image of this run.
copy_of_deploy() {
  deploy=$work/webhook
  rm -rf "$deploy"
  cp -r "$repository/deploy/webhook" "$deploy"
  registries_json >"$deploy/base/registries.json"
  [ "$client_minor" -ge 21 ] || for_old_kustomize
}

# kubectl before 1.21 contains kustomize 2.0.3, which uses other names for two fields.
for_old_kustomize() {
  sed -i -e 's/^patches:/patchesJson6902:/' -e 's|^resources:|bases:|' "$deploy"/overlays/*/kustomization.yaml
}

# webhook_configurations OVERLAY: prints the configurations of the overlay, with the URL and the CA of the process on
# this machine.
webhook_configurations() {
  kubectl kustomize "$deploy/overlays/$1" >"$work/overlay.yaml"
  awk -v RS='(^|\n)---\n' '/(^|\n)kind: (Mutating|Validating)WebhookConfiguration/ { print "---"; print }' "$work/overlay.yaml" |
    kubectl create --dry-run=client -o json -f - |
    jq --arg base "https://$webhook_host:$webhook_port" --arg ca "$(base64 -w0 "$work/certs/ca.crt")" '
      (if .kind == "List" then .items[] else . end)
      | (if .kind == "MutatingWebhookConfiguration" then "/mutate" else "/validate" end) as $path
      | .webhooks[].clientConfig |= {url: ($base + $path), caBundle: $ca}'
}

# install process|pods enforce|dry-run
install() {
  copy_of_deploy
  "install_$1" "$2"
}

install_process() {
  local policy=$deploy/base/policy.json
  "$repository/certs/make-certs" --out "$work/certs" --kustomize "$work/certs/kustomize" \
    --san "$(if [[ $webhook_host =~ ^[0-9.]+$|: ]]; then echo IP; else echo DNS; fi):$webhook_host" >/dev/null
  chmod 644 "$work/certs/tls.key"
  [ "$1" != dry-run ] || policy=$deploy/overlays/dry-run/policy.json
  "$webhook_program" --listen "$webhook_host:$webhook_port" --ops-listen "$webhook_host:$ops_port" \
    --tls-cert "$work/certs/tls.crt" --tls-key "$work/certs/tls.key" --policy "$policy" \
    --registries "$deploy/base/registries.json" >"$work/webhook.log" 2>&1 &
  webhook_pid=$!
  eventually 20 "the webhook's process is ready" curl -sf "http://$webhook_host:$ops_port/readyz" ||
    { tail -n 5 "$work/webhook.log"; return 1; }
  webhook_configurations "$1" | kubectl apply -f -
}

install_pods() {
  local errors=$work/apply.err
  sed -i -e "s|newName: .*|newName: ${webhook_image%:*}|" -e "s|newTag: .*|newTag: ${webhook_image##*:}|" "$deploy/base/kustomization.yaml"
  kubectl apply -f "$repository/deploy/crds"
  eventually 30 "the CRD" kubectl wait --for=condition=Established --timeout=1s crd/wasmpolicies.polypod.dev
  # A cluster older than 1.21 has no PodDisruptionBudget of policy/v1. Everything else must be applied without an error.
  if ! kubectl apply -k "$deploy/overlays/$1" 2>"$errors"; then
    if [ "$server_minor" -ge 21 ] || grep -v 'PodDisruptionBudget" in version "policy/v1"' "$errors" | grep -qiE 'error|unable'; then
      cat "$errors"
      return 1
    fi
  fi
  kubectl -n polypod-system rollout status deployment/polypod-webhook --timeout=120s
  # The server's new CA arrives in the API server's configuration a moment later.
  eventually 30 "the API server trusts the webhook" trusts_the_webhook
}

trusts_the_webhook() {
  kubectl -n default run polypod-test --image=polypod.test/none --dry-run=server -o name
}

# Uninstalls as documented: the webhook configurations first, so that the API server does not wait for a webhook that is
# already gone.
uninstall() {
  kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration polypod --ignore-not-found
  if [ -n "$webhook_pid" ]; then
    kill "$webhook_pid" 2>/dev/null || true
    wait "$webhook_pid" 2>/dev/null || true
    webhook_pid=
  fi
  [ -n "${deploy:-}" ] || copy_of_deploy
  kubectl delete --ignore-not-found --timeout=120s -k "$deploy/overlays/enforce" 2>&1 | grep -v 'no matches for kind "PodDisruptionBudget"' || true
  kubectl delete --ignore-not-found -f "$repository/deploy/crds"
  kubectl wait --for=delete --timeout=120s namespace/polypod-system namespace/polypod-probe 2>/dev/null || true
}

webhook_log() {
  if [ "$stage" = process ]; then cat "$work/webhook.log"; else
    kubectl -n polypod-system logs -l app.kubernetes.io/name=polypod-webhook --tail=20 2>&1
  fi
}

webhook_metrics() {
  local pod
  if [ "$stage" = process ]; then curl -sf "http://$webhook_host:$ops_port/metrics"; else
    for pod in $(kubectl -n polypod-system get pods -l app.kubernetes.io/name=polypod-webhook -o json | jq -r '.items[].metadata.name'); do
      kubectl get --raw "/api/v1/namespaces/polypod-system/pods/$pod:8080/proxy/metrics"
    done
  fi
}

# Sets the image of the webhook: from the variable, or built here and pushed to the tests' registry.
prepare_image() {
  webhook_image=${POLYPOD_TEST_IMAGE:-}
  [ -z "$webhook_image" ] || return 0
  webhook_image=$registry/polypod-test/polypod-webhook:$(cksum <"$webhook_program" | tr ' ' -)
  # Uses the program under test if it is static, otherwise builds a new one for the image.
  local binary=$webhook_program
  ! grep -q INTERP <<<"$(readelf -l "$binary")" || binary=
  IMAGE=$webhook_image IMAGE_BINARY=$binary IMAGE_FROM_HOST=1 IMAGE_PUSH=plain "$repository/deploy/webhook/make-image" \
    >"$work/image.log" 2>&1 || fail_setup "the webhook's image was not built: $(tail -n 3 "$work/image.log")"
}

# Prints how many reviews the webhook has answered.
reviews_answered() {
  webhook_metrics | awk '/^polypod_admission_requests_total/ { n += $NF } END { print n + 0 }'
}
