#!/usr/bin/env python3
"""Makes a container image of a directory, in the archive form that containerd, Docker and Podman all load (docker save).

usage: image.py DIRECTORY NAME:TAG OUT.tar [ENTRYPOINT COMMAND...]
"""
import hashlib
import io
import json
import sys
import tarfile

directory, name, out = sys.argv[1:4]
program = {"Entrypoint": sys.argv[4:5], "Cmd": sys.argv[5:]} if sys.argv[4:] else {"Cmd": ["/bin/sleep", "1000"]}


def add(tar, path, data):
    info = tarfile.TarInfo(path)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as tar:
    tar.add(directory, arcname=".")
layer = layer.getvalue()
digest = hashlib.sha256(layer).hexdigest()
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {**program, "Env": ["PATH=/bin:/usr/sbin"]},
                     "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}, "history": [{"created_by": "a test"}]}).encode()
config_name = hashlib.sha256(config).hexdigest() + ".json"
with tarfile.open(out, "w") as tar:
    add(tar, config_name, config)
    add(tar, digest + "/layer.tar", layer)
    add(tar, "manifest.json", json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": [digest + "/layer.tar"]}]).encode())
