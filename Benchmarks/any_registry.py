#!/usr/bin/env python3
"""any_registry.py PORT: runs a registry on loopback that has every image.

The start of a repository's name tells what it contains:

    wasm, native    a Wasm image, a Linux image
    index           an index of two Linux images with many layers
    modules         an index of two images that can be a module alone, for two Linux platforms
    only            an index of a Wasm image alone
    unnamed         an index of two Linux images without their platforms
    nested          an index of an index of two Linux images with many layers

Every name has its own content, and so its own digests. GET /count returns the number of answered requests.
"""
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def encode(document):
    data = json.dumps(document).encode()
    return data, "sha256:" + hashlib.sha256(data).hexdigest()


def config_of(name):
    os, arch, program = ("wasi", "wasm", "/app.wasm") if name.startswith("wasm") else ("linux", "amd64", "/app")
    if name.endswith("-arm64"):
        arch = "arm64"
    return encode({"os": os, "architecture": arch, "config": {"Entrypoint": [program], "Labels": {"name": name}}})


def manifest_of(name, layers=1):
    data, digest = config_of(name)
    layer = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return encode({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest, "size": len(data)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": 1000}] * layers,
    })


def children_of(name):
    """The names of the images of an index, with their platforms and layers."""
    kind = name.split("-")[0]
    if kind == "only":
        return [("wasm-" + name, ("wasi", "wasm"), 1)]
    layers = 1 if kind == "modules" else 12
    return [(f"native-{name}-{arch}", ("linux", arch), layers) for arch in ("amd64", "arm64")]


def index_of(name, inner=False):
    if name.startswith("nested") and not inner:
        data, digest = index_of(name, inner=True)
        entries = [{"mediaType": INDEX, "digest": digest, "size": len(data)}]
        return encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    entries = []
    for child, (os, arch), layers in children_of(name):
        data, digest = manifest_of(child, layers)
        entries.append({"mediaType": MANIFEST, "digest": digest, "size": len(data)})
        if not name.startswith("unnamed"):
            entries[-1]["platform"] = {"os": os, "architecture": arch}
    return encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


def is_index(name):
    return name.split("-")[0] in ("index", "modules", "only", "unnamed", "nested")


def find(name, kind, reference):
    """The media type, the bytes and the digest of what a repository has under a reference."""
    children = children_of(name) if is_index(name) else [(name, None, 1)]
    if kind == "blobs":
        known = [(CONFIG, *config_of(child)) for child, _, _ in children]
    else:
        known = [(MANIFEST, *manifest_of(child, layers)) for child, _, layers in children]
        if is_index(name):
            known += [(INDEX, *index_of(name, inner=True)), (INDEX, *index_of(name))]
    return next((entry for entry in known if entry[2] == reference), known[-1])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0
    lock = threading.Lock()

    def do_GET(self):
        if self.path == "/count":
            return self.answer(200, "text/plain", str(Handler.count).encode(), None)
        with Handler.lock:
            Handler.count += 1
        parts = self.path.split("?")[0].split("/")
        if len(parts) < 5 or parts[1] != "v2":
            return self.answer(404, "application/json", b"{}", None)
        self.answer(200, *find(parts[-3], parts[-2], parts[-1]))

    def answer(self, status, media, data, digest):
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(data)))
        if digest:
            self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        self.wfile.write(data)

    def setup(self):
        super().setup()
        # Without TCP_NODELAY, the kernel delays the second write of an answer by 40 ms.
        self.connection.setsockopt(6, 1, True)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
