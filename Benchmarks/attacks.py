"""Attacks on the memory of the webhook, by a user who can create Pods and run servers that Pods name as registries."""
import json
import socket
import threading

# The part of a manifest that a slow server sends before it stops.
STALLED = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 4000000\r\n\r\n" \
    + b" " * 3900000


def slow_registry():
    """Starts a server that sends most of a large body and then nothing; returns its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)

    def serve(connection):
        try:
            connection.recv(65536)
            connection.sendall(STALLED)
            connection.recv(1)
        except OSError:
            pass
        finally:
            connection.close()

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def together(bodies, client_of):
    """Sends all bodies at the same time and waits for the answers; an error of one is an answer too."""
    def one(body):
        try:
            client_of().mutate(body)
        except (OSError, SystemExit):
            pass
    threads = [threading.Thread(target=one, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def pod(review, change):
    document = json.loads(review)
    change(document["request"]["object"])
    return json.dumps(document).encode()


def stalled_bodies(review, hosts):
    """Three Pods of 64 images each, at eight registries that send 3.9 MB of each manifest and then nothing."""
    return [review([f"{hosts[number % len(hosts)]}/a{attempt}/{number}:1" for number in range(64)]) for attempt in range(3)]


def dense_pods(review, _):
    """24 Pods of 600 kB and 300 of 60 kB with as many fields as fit."""
    def dense(size):
        def change(pod):
            pod["spec"]["containers"][0]["env"] = [{"name": "a"}] * (size // 13)
        return pod_of(change)

    def pod_of(change):
        return pod(review(["registry.test/a/wasm-dense:1"]), change)
    return [dense(600_000)] * 24 + [dense(60_000)] * 300


def many_names(review, _):
    """Four Pods with 3 MB of names in an annotation."""
    def change(pod):
        pod["metadata"]["annotations"] = {"polypod.dev/wasm-containers": ",".join(str(number) for number in range(430_000))}
    return [pod(review(["registry.test/a/wasm-names:1"]), change)] * 4


ATTACKS = (("stalled bodies", stalled_bodies), ("dense Pods", dense_pods), ("many names", many_names))

