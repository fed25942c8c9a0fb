# shellcheck shell=bash
# Namespaces, manifests and Pods.

make_namespace() {
  kubectl get namespace "$1" >/dev/null 2>&1 && return 0
  kubectl create namespace "$1"
  # Kubernetes 1.21 and newer set the name label themselves.
  kubectl label --overwrite namespace "$1" "kubernetes.io/metadata.name=$1" polypod-test=true
  eventually 30 "the service account of $1" kubectl -n "$1" get serviceaccount default
}

remove_namespace() {
  [ -n "${POLYPOD_TEST_KEEP:-}" ] || kubectl delete namespace "$1" --wait=false --ignore-not-found >/dev/null 2>&1 || true
}

# rendered NAME: prints the manifest with the addresses of this run.
rendered() {
  sed -e "s|\bREGISTRY/|$images/|" -e "s|\bDEAD/|$dead_registry/|" -e "s|\bSILENT/|$silent_registry/|" \
    -e "s|\bCRONJOB_VERSION\b|$(cronjob_version)|" "$here/manifests/$1.yaml"
}

cronjob_version() {
  if [ "$server_minor" -ge 21 ]; then echo batch/v1; else echo batch/v1beta1; fi
}

create() {
  rendered "$1" | kubectl -n "$ns" create -f -
}

# admitted NAME: prints the object as the API server would store it.
admitted() {
  rendered "$1" | kubectl -n "$ns" create --dry-run=server -o json -f -
}

# refused NAME CODE WORD: checks that Polypod denies the Pod, with the code of the check and a word of its remedy.
refused() {
  local said
  if said=$(create "$1" 2>&1); then
    printf '%s was admitted: %s\n' "$1" "$said"
    return 1
  fi
  expect_match "$1: the refusing webhook" "$said" 'admission webhook "pods\.polypod\.dev" denied the request'
  expect_match "$1: the code" "$said" "\\[$2\\]"
  expect_match "$1: the remedy" "$said" "$3"
}

pod_json() {
  kubectl -n "$ns" get pod "$1" -o json
}

# Prints the names of the Pods with a label.
pods_of() {
  kubectl -n "$ns" get pods -l "$1" -o json | jq -r '.items[].metadata.name'
}

a_pod_of() {
  [ "$(pods_of "$1" | wc -l)" -eq 1 ]
}

# running POD: checks that all its containers run.
running() {
  pod_json "$1" | jq -e '
    .status.phase == "Running" and (.status.containerStatuses | length > 0 and all(.state.running != null))' >/dev/null
}

is_running() {
  eventually 60 "$1 is running" running "$1"
}

# grep gets the whole text at once. In a pipe, grep would exit at the first match, and kubectl and the pipe would fail.
log_has() {
  grep -q -- "$3" <<<"$(kubectl -n "$ns" logs "$1" -c "$2")"
}

says() {
  eventually 20 "container $2 of $1 says '$3'" log_has "$1" "$2" "$3"
}

# routed JSON: checks that the Pod has the settings for crun to run Wasm, the overhead of the class, and Polypod's
# record.
routed() {
  expect "runtimeClassName" "$(jq -r .spec.runtimeClassName <<<"$1")" crun-wasmedge
  expect "the variant" "$(jq -r '.metadata.annotations["module.wasm.image/variant"]' <<<"$1")" compat-smart
  expect "the overhead" "$(jq -cS .spec.overhead <<<"$1")" "$(kubectl get runtimeclass crun-wasmedge -o json | jq -cS .overhead.podFixed)"
  jq -e '.metadata.annotations["polypod.dev/decision"] | fromjson' <<<"$1" >/dev/null ||
    { echo "polypod.dev/decision is missing or not JSON"; return 1; }
}

# not_routed JSON: checks that the Pod has no annotation from Polypod.
not_routed() {
  expect "Polypod's marks" "$(jq -c '[.metadata.annotations // {} | keys[] | select(test("^polypod.dev/decision|^module.wasm"))]' <<<"$1")" '[]'
}

# image_digests NAME: prints the digest of an image of this run and of the images inside it.
image_digests() {
  awk -v name="$images/$1" '$1 == name { $1 = ""; print }' "$work/digests"
}

# essence: prints the Pod from standard input without the fields that differ between two Pods of the same template.
essence() {
  jq -c 'del(.metadata.name, .metadata.uid, .metadata.creationTimestamp, .metadata.resourceVersion,
             .metadata.managedFields, .metadata.selfLink, .metadata.ownerReferences, .metadata.generation,
             .spec.nodeName, .status)
         | walk(if type == "string" then gsub("(?<n>kube-api-access|default-token)-[a-z0-9]{5}"; .n) else . end)'
}

# Prints the time that a command takes, in hundredths of a second.
centiseconds() {
  local began
  began=$(date +%s%N)
  "$@" >&2
  echo $((($(date +%s%N) - began) / 10000000))
}
