#!/usr/bin/env python3
"""Builds container images from files and pushes them to a registry that speaks plain HTTP.

    push_image.py http://HOST:PORT/PREFIX images.json FOLDER

images.json is a list of images, which are pushed in this order. FOLDER contains the files that it names:

    {"name": "app:1", "platform": "wasi/wasm", "entrypoint": ["/app.wasm"], "cmd": [...],
     "files": {"/app.wasm": "app.wasm"}, "annotations": {...}, "format": "oci" or "docker"}
    {"name": "all:1", "index": {"linux/amd64": "native:1", "wasi/wasm": "app:1"}}     of images earlier in the list; ""
                                                                                       for an entry without a platform
    {"name": "raw:1", "artifact": "app.wasm"}                                        a Wasm artifact: no root file system

Three members make images that others read in another way: "settings" replaces the config's "config", "more" is text at
the end of the config, and "entry_annotations" are annotations of all entries of an index.

It prints one line for each image: the reference and its digest, and for an index also the digests of the images inside.
The same files produce the same digests.
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import urllib.error
import urllib.parse
import urllib.request

TYPES = {
    "oci": {
        "manifest": "application/vnd.oci.image.manifest.v1+json",
        "index": "application/vnd.oci.image.index.v1+json",
        "config": "application/vnd.oci.image.config.v1+json",
        "layer": "application/vnd.oci.image.layer.v1.tar+gzip",
    },
    "docker": {
        "manifest": "application/vnd.docker.distribution.manifest.v2+json",
        "index": "application/vnd.docker.distribution.manifest.list.v2+json",
        "config": "application/vnd.docker.container.image.v1+json",
        "layer": "application/vnd.docker.image.rootfs.diff.tar.gzip",
    },
}


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Blob:
    """Bytes with the media type for their descriptor."""

    def __init__(self, media_type, content):
        self.media_type = media_type
        self.content = content

    def descriptor(self, **more):
        return {"mediaType": self.media_type, "digest": digest(self.content), "size": len(self.content), **more}


class Image:
    """A manifest, the blobs that it refers to, and for an index the images inside."""

    def __init__(self, manifest, blobs=(), children=()):
        self.manifest = manifest
        self.blobs = blobs
        self.children = children


def layer_of(files, folder, media_type):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted({str(parent) for name in files for parent in pathlib.PurePosixPath(name).parents} - {"/"}):
            entry = tarfile.TarInfo(path.lstrip("/") + "/")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path, source in sorted(files.items()):
            content = (folder / source).read_bytes()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return digest(plain.getvalue()), Blob(media_type, gzip.compress(plain.getvalue(), mtime=0))


def make_image(entry, folder):
    types = TYPES[entry.get("format", "oci")]
    system, architecture = entry["platform"].split("/")
    diff_id, layer = layer_of(entry["files"], folder, types["layer"])
    settings = {"Env": ["PATH=/bin"]}
    if "entrypoint" in entry:
        settings["Entrypoint"] = entry["entrypoint"]
    if "cmd" in entry:
        settings["Cmd"] = entry["cmd"]
    text = compact({
        "architecture": architecture,
        "os": system,
        "config": entry.get("settings", settings),
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    })
    config = Blob(types["config"], text[:-1] + entry.get("more", "").encode() + b"}")
    return finish(types, config, [layer], entry.get("annotations"))


def make_artifact(entry, folder):
    layer = Blob("application/wasm", (folder / entry["artifact"]).read_bytes())
    config = Blob("application/vnd.wasm.config.v0+json", compact({
        "architecture": "wasm",
        "os": "wasip1",
        "layerDigests": [layer.descriptor()["digest"]],
    }))
    return finish(TYPES["oci"], config, [layer], entry.get("annotations"))


def finish(types, config, layers, annotations):
    manifest = {
        "schemaVersion": 2,
        "mediaType": types["manifest"],
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    if annotations:
        manifest["annotations"] = annotations
    return Image(Blob(types["manifest"], compact(manifest)), blobs=[config, *layers])


def make_index(entry, known):
    types = TYPES[entry.get("format", "oci")]
    children, entries = [], []
    for platform, name in entry["index"].items():
        children.append(known[name])
        more = {"annotations": entry["entry_annotations"]} if "entry_annotations" in entry else {}
        if platform:
            system, architecture = platform.split("/")
            more["platform"] = {"os": system, "architecture": architecture}
        entries.append(known[name].manifest.descriptor(**more))
    index = {"schemaVersion": 2, "mediaType": types["index"], "manifests": entries}
    return Image(Blob(types["index"], compact(index)), children=children)


class Registry:
    """The calls of the distribution API that a push needs."""

    def __init__(self, address):
        self.address = address

    def call(self, method, path, content=None, media_type=None, missing_is_fine=False):
        headers = {"Content-Type": media_type} if media_type else {}
        url = urllib.parse.urljoin(self.address, path)
        try:
            return urllib.request.urlopen(urllib.request.Request(url, content, headers, method=method), timeout=60)
        except urllib.error.HTTPError as error:
            if missing_is_fine and error.code == 404:
                return None
            raise SystemExit(f"push_image.py: {method} {url}: {error.code} {error.read(300)!r}")
        except OSError as error:
            raise SystemExit(f"push_image.py: {method} {url}: {error}")

    def push_blob(self, repository, blob):
        name = digest(blob.content)
        if self.call("HEAD", f"/v2/{repository}/blobs/{name}", missing_is_fine=True):
            return
        upload = self.call("POST", f"/v2/{repository}/blobs/uploads/", b"").headers["Location"]
        joint = "&" if "?" in upload else "?"
        self.call("PUT", f"{upload}{joint}digest={name}", blob.content, "application/octet-stream")

    def push(self, repository, reference, image):
        for blob in image.blobs:
            self.push_blob(repository, blob)
        for child in image.children:
            self.push(repository, digest(child.manifest.content), child)
        self.call("PUT", f"/v2/{repository}/manifests/{reference}", image.manifest.content, image.manifest.media_type)


def main(arguments):
    if len(arguments) != 3 or not arguments[0].startswith("http://"):
        raise SystemExit(__doc__.strip())
    where = urllib.parse.urlsplit(arguments[0])
    registry = Registry(f"http://{where.netloc}")
    folder = pathlib.Path(arguments[2])
    known = {}
    for entry in json.loads(pathlib.Path(arguments[1]).read_text()):
        if "index" in entry:
            image = make_index(entry, known)
        elif "artifact" in entry:
            image = make_artifact(entry, folder)
        else:
            image = make_image(entry, folder)
        known[entry["name"]] = image
        repository, tag = entry["name"].rsplit(":", 1)
        repository = "/".join(part for part in (where.path.strip("/"), repository) if part)
        registry.push(repository, tag, image)
        inside = [digest(child.manifest.content) for child in image.children]
        print(f"{where.netloc}/{repository}:{tag}", digest(image.manifest.content), *inside, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
