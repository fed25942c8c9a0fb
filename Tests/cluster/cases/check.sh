# shellcheck shell=bash
# polypod check gives the same answers as the webhook, without a cluster.

# check FORMAT FILE
check() {
  "$cli_program" check -o "$1" -f "$2" --registries "$deploy/base/registries.json" --policy "$deploy/base/policy.json"
}

case_same_answers() {
  local name file wrong=0
  # The list does not contain `never`: an earlier case may have deleted its image from the registry.
  for name in platform docker-types annotated named command wasm-index multi-index two-wasm compat typo exec-probe \
    http-probe artifact other-class-native other-class-wasm opt-out-annotation native; do
    file=$work/check-$name.yaml
    rendered "$name" >"$file"
    same_answer "$name" "$file" || wrong=$((wrong + 1))
  done
  expect "manifests with other answers" "$wrong" 0
}

# same_answer NAME FILE: compares whether the Pod is allowed, the codes, and for an allowed Pod the changed fields.
same_answer() {
  local api cli
  api_answer "$2" >"$work/api.json"
  cli_answer "$2" >"$work/cli.json"
  api=$(jq -cS . "$work/api.json")
  cli=$(jq -cS . "$work/cli.json")
  expect "$1: polypod check, against the API server" "$cli" "$api"
}

api_answer() {
  local allowed=true
  kubectl -n "$ns" create --dry-run=server -o json -f "$1" >"$work/api.out" 2>"$work/api.err" || allowed=false
  [ "$allowed" = true ] || echo '{}' >"$work/api.out"
  jq --argjson allowed "$allowed" --rawfile said "$work/api.err" '{
    allowed: $allowed,
    codes: ([$said | scan("\\[([a-z]+(?:-[a-z]+)+)\\]") | .[0]] | unique)
  } + if $allowed then {
    runtimeClassName: .spec.runtimeClassName,
    variant: .metadata.annotations["module.wasm.image/variant"],
    images: [.spec.containers[].image]
  } else {} end' "$work/api.out"
}

cli_answer() {
  local status=0
  check json "$1" >"$work/cli.out" 2>"$work/cli.err" || status=$?
  # Exit code 1 means that something is denied. A higher code is an error.
  [ "$status" -le 1 ] || { cat "$work/cli.err"; return 1; }
  [ "$(jq '.objects[0].allowed' "$work/cli.out")" != "$([ "$status" -eq 0 ] && echo false || echo true)" ] ||
    { echo "exit code $status against $(jq -c '.objects[0].allowed' "$work/cli.out")"; return 1; }
  check yaml "$1" >"$work/cli.yaml" 2>/dev/null || true
  kubectl create --dry-run=client -o json -f "$work/cli.yaml" >"$work/cli.pod" 2>/dev/null || echo '{}' >"$work/cli.pod"
  jq --slurpfile pod "$work/cli.pod" '.objects[0] | {
    allowed: .allowed,
    codes: ([.findings[].code] | unique)
  } + if .allowed then {
    runtimeClassName: $pod[0].spec.runtimeClassName,
    variant: $pod[0].metadata.annotations["module.wasm.image/variant"],
    images: [$pod[0].spec.containers[].image]
  } else {} end' "$work/cli.out"
}

check_cases() {
  run_case case_same_answers "polypod check: the same answers on the same files"
}
