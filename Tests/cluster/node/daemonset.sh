# shellcheck shell=bash
# Tests of the installer as a DaemonSet.

installer_label() {
  kubectl get node "$node_name" -o json | jq -r '.metadata.labels["polypod.dev/crun-wasmedge"] // "none"'
}

# apply_installer install|uninstall: applies the manifests with the image of this run.
apply_installer() {
  local folder=$work/node-installer reference
  if [ ! -d "$folder" ]; then
    # Each image gets its own name, because a node that has an image of this name does not pull it again.
    reference=$registry/polypod-test/node-installer:$(buildah images --format '{{.ID}}' "$installer_image")
    cp -r "$repository/deploy/node-installer" "$folder"
    buildah push --quiet --tls-verify=false "$installer_image" "docker://$reference"
    sed -i -e "s|newName: .*|newName: ${reference%:*}|" -e "s|newTag: .*|newTag: \"${reference##*:}\"|" "$folder/install/kustomization.yaml"
    [ "$client_minor" -ge 21 ] ||
      sed -i -e 's/^resources:/bases:/' -e 's/^patches:/patchesJson6902:/' "$folder/uninstall/kustomization.yaml"
  fi
  kubectl apply -k "$folder/$1"
  installer_is_ready
}

installer_is_ready() {
  kubectl -n polypod-node rollout status daemonset/polypod-node --timeout=90s && return 0
  kubectl -n polypod-node get pods
  kubectl -n polypod-node logs -l app.kubernetes.io/name=polypod-node --all-containers --tail=10
  return 1
}

installer_log() {
  kubectl -n polypod-node logs -l app.kubernetes.io/name=polypod-node -c "$1" --tail=20
}

case_daemonset() {
  local process
  make_service_manager
  expect "the label before" "$(installer_label)" none
  process=$(containerd_process)
  apply_installer install
  installer_log install
  expect "the label" "$(installer_label)" true
  [ "$process" != "$(containerd_process)" ] || { echo "containerd was not restarted"; return 1; }
  process=$(containerd_process)
  kubectl -n polypod-node delete pod -l app.kubernetes.io/name=polypod-node --timeout=60s
  installer_is_ready
  expect "containerd, installed twice" "$(containerd_process)" "$process"
  create web
  eventually 90 "two Pods of the Deployment run" web_runs
  expect "the nodes that the Pods go to" \
    "$(pod_json "$(pods_of app=web | head -n 1)" | jq -c '.spec.nodeSelector')" '{"polypod.dev/crun-wasmedge":"true"}'
}

case_daemonset_uninstall() {
  make_service_manager
  apply_installer uninstall
  installer_log uninstall
  expect "the label" "$(installer_label)" none
  cmp "$config" "$work/bare.toml"
  [ ! -e "$node_root/opt/crun-wasmedge" ]
}

daemonset_cases() {
  run_case case_daemonset "the DaemonSet installs, restarts once and labels; the mixed Deployment runs"
  run_case case_daemonset_uninstall "the DaemonSet removes label and runtime and restores the configuration"
  remove_service_manager
  kubectl delete -k "$work/node-installer/install" --ignore-not-found >/dev/null 2>&1 || true
  kubectl apply -f "$repository/deploy/runtime-classes.yaml" >/dev/null
}
