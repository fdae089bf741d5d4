#!/usr/bin/python3
"""A container engine as far as `snug setup --check` asks: fake_cri.py SOCKET CONFIG NAME FORM

It reads CONFIG once, as engines do, and says which handlers it has: FORM is "list" (runtime_handlers), "config" (in the text of its configuration, as
containerd before 2.0) or "none".
"""
import concurrent.futures
import json
import os
import re
import sys

import grpc


def field(number, value):
    return bytes([number << 3 | 2]) + length(len(value)) + value


def length(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + length(n >> 7)


socket, config, name, form = sys.argv[1:]
text = open(config).read() if os.path.exists(config) else ""
# A template is made into the file beside it.
for template in ("config.toml.tmpl", "config-v3.toml.tmpl"):
    path = os.path.join(os.path.dirname(config), template)
    text += open(path).read() if os.path.exists(path) else ""
handlers = ["runc"] + sorted(set(re.findall(r"runtimes\.(snug-[a-z]+)\]", text)))

version = field(2, name.encode()) + field(3, b"1.2.3")
status = field(1, b"")
if form == "list":
    status += field(3, b"") + b"".join(field(3, field(1, h.encode()) + field(2, b"\x08\x01")) for h in handlers)
elif form == "config":
    padding = {"padding": "x" * 40000, "containerd": {"runtimes": {h: {} for h in handlers}}}
    status += field(2, field(1, b"golang") + field(2, b"go1")) + field(2, field(1, b"config") + field(2, json.dumps(padding).encode()))

server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
answers = {"Version": lambda q, c: version, "Status": lambda q, c: status}
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
    "runtime.v1.RuntimeService", {m: grpc.unary_unary_rpc_method_handler(f) for m, f in answers.items()}),))
if os.path.exists(socket):
    os.unlink(socket)
server.add_insecure_port("unix:" + socket)
server.start()
server.wait_for_termination()
