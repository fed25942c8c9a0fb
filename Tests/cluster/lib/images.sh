# shellcheck shell=bash
# The images in the manifests, and the registry that never answers.

push_images() {
  local busybox
  busybox=$(command -v busybox) || fail_setup "busybox is not installed (Debian package busybox-static)"
  ! grep -q NEEDED <<<"$(readelf -d "$busybox" 2>/dev/null)" || fail_setup "$busybox is not static (Debian package busybox-static)"
  mkdir -p "${work:?}/files"
  cp "$busybox" "$work/files/busybox"
  wat2wasm "$here/modules/hello.wat" -o "$work/files/hello.wasm"
  wat2wasm "$here/modules/once.wat" -o "$work/files/once.wasm"
  "$here/push_image.py" "http://$images" "$here/images.json" "$work/files" >"$work/digests" ||
    fail_setup "the images could not be pushed to $registry"
}

start_silent_registry() {
  python3 "$here/silent_listener.py" "$webhook_host" "$silent_port" >"$work/silent.log" 2>&1 &
  silent_pid=$!
  eventually 10 "the silent registry listens" grep -q listening "$work/silent.log" || fail_setup "the silent registry did not start: $(tail -n 1 "$work/silent.log")"
}

# Prints the registries file of the webhook. All registries of the tests use plain HTTP.
registries_json() {
  jq -n '$ARGS.positional | {mirrors: (map({key: ., value: {endpoint: ["http://" + .]}}) | from_entries), configs: {}}' \
    --args "$registry" "$dead_registry" "$silent_registry" "${more_registries[@]}"
}
