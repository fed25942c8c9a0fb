#!/usr/bin/env python3
"""any_registry.py PORT: runs a registry on loopback that has every image.

A repository whose name starts with wasm contains a Wasm image, with native a Linux image, with index an index of two
Linux images. Every name has its own content, and so its own digests. GET /count returns the number of answered requests.
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
    return encode({"os": os, "architecture": arch, "config": {"Entrypoint": [program], "Labels": {"name": name}}})


def manifest_of(name):
    data, digest = config_of(name)
    layer = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return encode({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest, "size": len(data)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": 1000}],
    })


def index_of(name):
    entries = []
    for arch in ("amd64", "arm64"):
        digest = "sha256:" + hashlib.sha256((name + arch).encode()).hexdigest()
        entries.append({"mediaType": MANIFEST, "digest": digest, "size": 500,
                        "platform": {"os": "linux", "architecture": arch}})
    return encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})


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
        name, kind = parts[-3], parts[-2]
        if kind == "blobs":
            media, (data, digest) = CONFIG, config_of(name)
        elif name.startswith("index"):
            media, (data, digest) = INDEX, index_of(name)
        else:
            media, (data, digest) = MANIFEST, manifest_of(name)
        self.answer(200, media, data, digest)

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
