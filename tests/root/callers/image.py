#!/usr/bin/env python3
"""Makes a container image of a directory, in the archive form that containerd, Docker and Podman all load (docker save).

usage: image.py DIRECTORY NAME:TAG OUT.tar
"""
import hashlib
import io
import json
import sys
import tarfile

directory, name, out = sys.argv[1:]


def add(tar, path, data):
    info = tarfile.TarInfo(path)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as tar:
    tar.add(directory, arcname=".")
layer = layer.getvalue()
digest = hashlib.sha256(layer).hexdigest()
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sleep", "1000"], "Env": ["PATH=/bin"]},
                     "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}, "history": [{"created_by": "a test"}]}).encode()
config_name = hashlib.sha256(config).hexdigest() + ".json"
with tarfile.open(out, "w") as tar:
    add(tar, config_name, config)
    add(tar, digest + "/layer.tar", layer)
    add(tar, "manifest.json", json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": [digest + "/layer.tar"]}]).encode())
