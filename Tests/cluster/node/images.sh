# shellcheck shell=bash
# The examples' images, and nginx out of Debian's package in the place of the one that the examples name.

push_example_images() {
  make -s -C "$repository" examples >"$work/examples.log" 2>&1 || fail_setup "the examples' modules were not built: $(tail -n 3 "$work/examples.log")"
  "$here/push_image.py" "http://$images" "$repository/deploy/examples/modules/images" "$repository/build/examples" >>"$work/digests" ||
    fail_setup "the examples' images could not be pushed to $registry"
  push_nginx
}

push_nginx() {
  local folder=$work/nginx library
  command -v nginx >/dev/null || fail_setup "nginx is not installed (Debian package nginx-light)"
  mkdir -p "$folder"
  cp "$(command -v nginx)" "$folder/nginx"
  cat >"$folder/nginx.conf" <<'T'
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
  jq -n '{"/usr/sbin/nginx": "nginx", "/etc/nginx/nginx.conf": "nginx.conf"}' >"$folder/files.json"
  # Each library at the path that the loader finds it by.
  for library in $(ldd "$folder/nginx" | grep -oE '/[^ ]+'); do
    cp -L "$library" "$folder/${library##*/}"
    jq --arg path "$library" '.[$path] = ($path | split("/") | last)' "$folder/files.json" >"$folder/more.json"
    mv "$folder/more.json" "$folder/files.json"
  done
  jq '[{name: "nginx:1", platform: "linux/amd64", files: .,
        entrypoint: ["/usr/sbin/nginx", "-e", "stderr", "-c", "/etc/nginx/nginx.conf", "-g", "daemon off;"]}]' "$folder/files.json" >"$folder/images.json"
  "$here/push_image.py" "http://$images" "$folder/images.json" "$folder" >>"$work/digests" || fail_setup "nginx could not be pushed to $registry"
}

# example NAME: a manifest of deploy/examples, with this run's images.
example() {
  sed -e "s|ghcr.io/polypod-dev/|$images/|" -e "s|docker.io/nginxinc/nginx-unprivileged:.*|$images/nginx:1|" "$repository/deploy/examples/$1.yaml"
}
