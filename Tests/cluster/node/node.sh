# shellcheck shell=bash
# The node: its files, commands in it, its restart, and a service manager that restarts containerd like systemd.

node_settings() {
  node_root=${POLYPOD_TEST_NODE_ROOT:?node: set POLYPOD_TEST_NODE_ROOT to the path, on this machine, of the root file system of the node}
  read -ra node_shell <<<"${POLYPOD_TEST_NODE_SHELL:?node: set POLYPOD_TEST_NODE_SHELL to a command that runs another command in the node}"
  read -ra node_restart <<<"${POLYPOD_TEST_NODE_RESTART:?node: set POLYPOD_TEST_NODE_RESTART to a command that restarts the node}"
  bundles=${POLYPOD_TEST_BUNDLES:-$repository/.build}
  installer_image=${POLYPOD_TEST_INSTALLER:-localhost/polypod-node-installer}
  node_name=$(kubectl get nodes -o json | jq -r '.items[0].metadata.name')
  config=$node_root/etc/containerd/config.toml
  for engine in wasmedge wasmtime; do
    [ -x "$bundles/crun-$engine/bin/crun" ] || fail_setup "no bundle in $bundles/crun-$engine: make bundle ENGINE=$engine"
  done
  # Remove the runtimes that an earlier run installed.
  node_command uninstall --engine wasmedge --engine wasmtime --no-restart >/dev/null
  cp -p "$config" "$work/bare.toml"
}

# node_command VERB OPTIONS...: runs `polypod node` on this machine for the node.
node_command() {
  local verb=$1
  shift
  "$cli_program" node "$verb" --root "$node_root" "$@"
}

install_from_here() { # engine further-options...
  local engine=$1
  shift
  node_command install --engine "$engine" --bundle "$bundles/crun-$engine" "$@"
}

# in_node VERB OPTIONS...: runs `polypod node` within the node, where it sees the node's processes and sockets.
in_node() {
  local verb=$1
  shift
  "${node_shell[@]}" /root/polypod-test/polypod node "$verb" --root / --engine wasmedge "$@"
}

put_into_node() {
  mkdir -p "$node_root/root/polypod-test"
  cp "$cli_program" "$node_root/root/polypod-test/polypod"
  cp -a "$bundles/crun-wasmedge" "$node_root/root/polypod-test/"
}

install_in_node() {
  in_node install --bundle /root/polypod-test/crun-wasmedge
}

restart_node() {
  "${node_restart[@]}" >/dev/null 2>&1
  eventually 60 "the node is ready again" node_ready
}

node_ready() {
  kubectl get node "$node_name" -o json | jq -e '.status.conditions[] | select(.type == "Ready") | .status == "True"'
}

# Prints the checksum of the file, its inode and the time of its last change.
state_of() {
  stat -c '%Y %i' "$1"
  sha256sum <"$1"
}

containerd_process() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$(cat "$process/comm" 2>/dev/null)" = containerd ] && ! grep -q '^State:.Z' "$process/status" &&
      [ "$(stat -Lc %d:%i "$process/root" 2>/dev/null)" = "$(stat -c %d:%i "$node_root")" ]; then
      echo "${process#/proc/}"
      return 0
    fi
  done
  return 1
}

# The node has no service manager. This one implements the part of systemd that the installer uses: `systemctl` passes
# the command to a process that keeps running, and this process stops containerd and starts it again. If the file
# /run/next-start-fails exists, the next start fails.
make_service_manager() {
  cat >"$node_root/usr/bin/systemctl" <<'T'
#!/bin/sh
case $1 in
  is-active) [ "$2" = containerd.service ] || [ "$2" = containerd ] || exit 3; pgrep -r DRS -x containerd >/dev/null || exit 3 ;;
  is-failed) ! pgrep -r DRS -x containerd >/dev/null ;;
  restart) echo restart >/run/service-manager/ask; read -r code </run/service-manager/answer; exit "$code" ;;
  *) exit 1 ;;
esac
T
  cat >"$node_root/usr/bin/service-manager" <<'T'
#!/bin/sh
mkdir -p /run/service-manager
rm -f /run/service-manager/*
mkfifo /run/service-manager/ask /run/service-manager/answer
while read -r word </run/service-manager/ask; do
  pkill -x containerd
  # The containerd from the start of the node stays as a zombie, because its parent does not wait for it.
  while pgrep -r DRS -x containerd >/dev/null; do sleep 0.1; done
  echo "$word" >>/run/service-manager/log
  if [ -e /run/next-start-fails ]; then rm /run/next-start-fails; else containerd >>/var/log/lab/containerd.log 2>&1 & fi
  echo 0 >/run/service-manager/answer
done
T
  chmod 755 "$node_root/usr/bin/systemctl" "$node_root/usr/bin/service-manager"
  "${node_shell[@]}" setsid service-manager </dev/null >/dev/null 2>&1 &
  eventually 10 "the service manager listens" "${node_shell[@]}" test -p /run/service-manager/answer
}

remove_service_manager() {
  rm -f "$node_root/usr/bin/systemctl" "$node_root/usr/bin/service-manager"
  rm -rf "$node_root/root/polypod-test"
  pkill -f /usr/bin/service-manager 2>/dev/null || true
}
