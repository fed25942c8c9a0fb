# shellcheck shell=bash
# The images of the examples, with nginx from Debian's package instead of the nginx image in the examples.

push_example_images() {
  make -s -C "$repository" examples >"$work/examples.log" 2>&1 || fail_setup "the examples' modules were not built: $(tail -n 3 "$work/examples.log")"
  "$here/push_image.py" "http://$images" "$repository/deploy/examples/modules/images" "$repository/build/examples" >>"$work/digests" ||
    fail_setup "the examples' images could not be pushed to $registry"
  push_nginx
  push_busybox
  push_program curl /etc/nsswitch.conf /etc/nsswitch.conf '["--version"]'
}

push_nginx() {
  command -v nginx >/dev/null || fail_setup "nginx is not installed (Debian package nginx-light)"
  cat >"$work/nginx.conf" <<'T'
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  include /etc/nginx/conf.d/*.conf;
}
T
  push_program nginx "$work/nginx.conf" /etc/nginx/nginx.conf '["-e", "stderr", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"]'
}

# Pushes Debian's busybox, with the names of the programs that the examples call.
push_busybox() {
  mkdir -p "$work/busybox"
  cp "$(command -v busybox)" "$work/busybox/busybox"
  jq -n '[{name: "busybox:1", platform: "linux/amd64", entrypoint: ["sh"],
           files: (["busybox", "sh", "awk", "date", "sleep", "tail"] | map({("/bin/" + .): "busybox"}) | add)}]' >"$work/busybox/images.json"
  "$here/push_image.py" "http://$images" "$work/busybox/images.json" "$work/busybox" >>"$work/digests" || fail_setup "busybox could not be pushed to $registry"
}

# push_program NAME FILE PATH ARGUMENTS: pushes an image with a program from this machine, its libraries at the paths
# where its loader looks for them, and one more file.
push_program() {
  local name=$1 folder=$work/$1 program path
  program=$(command -v "$name")
  mkdir -p "$folder"
  cp "$2" "$folder/more"
  jq -n --arg program "$program" --arg path "$3" '{($program): "program", ($path): "more"}' >"$folder/files.json"
  cp -L "$program" "$folder/program"
  for path in $(ldd "$program" | grep -oE '/[^ ]+'); do
    cp -L "$path" "$folder/${path##*/}"
    jq --arg path "$path" '.[$path] = ($path | split("/") | last)' "$folder/files.json" >"$folder/files.new"
    mv "$folder/files.new" "$folder/files.json"
  done
  jq --arg name "$name" --arg program "$program" --argjson arguments "$4" '
    [{name: "\($name):1", platform: "linux/amd64", files: ., entrypoint: [$program], cmd: $arguments}]' "$folder/files.json" >"$folder/images.json"
  "$here/push_image.py" "http://$images" "$folder/images.json" "$folder" >>"$work/digests" || fail_setup "$name could not be pushed to $registry"
}

# example NAME: prints a manifest of deploy/examples with the images of this run.
example() {
  sed -e "s|ghcr.io/polypod-dev/|$images/|" -e "s|docker.io/nginxinc/nginx-unprivileged:.*|$images/nginx:1|" \
    -e "s|docker.io/library/busybox:.*|$images/busybox:1|" "$repository/deploy/examples/$1.yaml"
}
