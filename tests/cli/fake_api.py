#!/usr/bin/python3
"""An API server as far as kubectl needs one here: fake_api.py DIRECTORY [CRDS [MANIFESTS]]

DIRECTORY/objects.json has a list of objects to begin with; DIRECTORY/port gets the port. It lists (in pages), gets, creates, replaces (by
resourceVersion), patches (merge) and deletes in memory. Each request is a line in DIRECTORY/log, and each that concerns an object one in
DIRECTORY/verbs: USER VERB RESOURCE. DIRECTORY/fail has a code and a reason with which every request ends, while it is there.

CRDS: a file of resource definitions, whose schemas (type, required, enum, minimum, length, pattern, format byte, unknown members) it enforces, as it
does that an update of such an object names its resourceVersion. MANIFESTS: the user "agent" may do what the ClusterRole there grants, and no more; everybody else everything. A namespace that
begins with "no-" does not exist. DIRECTORY/tls.pem, if it is there: by TLS, with this key and certificate; the bearer of "agents-token" is the agent."""
import base64
import http.server
import json
import os
import re
import ssl
import sys
import urllib.parse

where = sys.argv[1]
KINDS = {"pods": ("v1", "Pod"), "configmaps": ("v1", "ConfigMap"), "events": ("v1", "Event"), "nodes": ("v1", "Node"),
         "serviceaccounts": ("v1", "ServiceAccount"), "deployments": ("apps/v1", "Deployment"), "daemonsets": ("apps/v1", "DaemonSet"),
         "replicasets": ("apps/v1", "ReplicaSet"),
         "runtimeclasses": ("node.k8s.io/v1", "RuntimeClass"), "clusterroles": ("rbac.authorization.k8s.io/v1", "ClusterRole"),
         "clusterrolebindings": ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
         "customresourcedefinitions": ("apiextensions.k8s.io/v1", "CustomResourceDefinition")}
CLUSTER_SCOPED = {"nodes", "runtimeclasses", "clusterroles", "clusterrolebindings", "customresourcedefinitions", "seccompprofiles"}
VERBS = ["create", "delete", "get", "list", "patch", "update"]
schemas, granted, objects, version = {}, None, {}, 0

for path in sys.argv[2:]:
    import yaml
    for d in yaml.safe_load_all(open(path)):
        if d["kind"] == "CustomResourceDefinition":
            v, names = d["spec"]["versions"][0], d["spec"]["names"]
            KINDS[names["plural"]] = (d["spec"]["group"] + "/" + v["name"], names["kind"])
            schemas[names["plural"]] = v["schema"]["openAPIV3Schema"]
        elif d["kind"] == "ClusterRole":
            granted = {(verb, r) for rule in d["rules"] for verb in rule["verbs"] for r in rule["resources"]}
if os.path.exists(where + "/spo"):
    KINDS["seccompprofiles"] = ("security-profiles-operator.x-k8s.io/v1", "SeccompProfile")


def put(resource, obj):
    global version
    version += 1
    obj["metadata"]["resourceVersion"] = str(version)
    if resource not in CLUSTER_SCOPED:
        obj["metadata"].setdefault("namespace", "default")
    objects[resource, obj["metadata"].get("namespace"), obj["metadata"]["name"]] = obj
    return obj


def resources(group):
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": [
        {"name": r, "singularName": k.lower(), "namespaced": r not in CLUSTER_SCOPED, "kind": k, "verbs": VERBS,
         "shortNames": ["deploy"] if k == "Deployment" else []} for r, (v, k) in KINDS.items() if v == group]}


GROUPS = sorted({v for v, _ in KINDS.values() if "/" in v})
DISCOVERY = {
    "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
        {"name": v.split("/")[0], "versions": [{"groupVersion": v, "version": v.split("/")[1]}],
         "preferredVersion": {"groupVersion": v, "version": v.split("/")[1]}} for v in GROUPS]},
    "/api/v1": resources("v1"), **{"/apis/" + v: resources(v) for v in GROUPS},
}


def wrong(schema, value, path):
    """What an API server would say about the first fault, or None; removes members that the schema lacks."""
    kind = schema["type"]
    if not isinstance(value, {"object": dict, "string": str, "integer": int}[kind]) or isinstance(value, bool):
        return f"{path}: Invalid value: must be of type {kind}"
    if kind == "object" and "properties" in schema:
        for name in schema.get("required", []):
            if name not in value:
                return f"{path}.{name}: Required value"
        for name in list(value):
            if name not in schema["properties"]:
                del value[name]
            elif fault := wrong(schema["properties"][name], value[name], path + "." + name):
                return fault
    if kind == "integer" and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return f"{path}: Invalid value"
    if kind == "string":
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            return f"{path}: Too long: may not be more than {schema.get('maxLength')} bytes"
        if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
            return f"{path}: Invalid value: should match '{schema['pattern']}'"
        if schema.get("format") == "byte":
            base64.b64decode(value, validate=True)
    return None


def merge(into, patch):
    for k, v in patch.items():
        if v is None:
            into.pop(k, None)
        elif isinstance(v, dict):
            merge(into.setdefault(k, {}), v)
        else:
            into[k] = v


def matches(obj, query):
    labels = obj["metadata"].get("labels", {})
    wants = [w.split("=", 1) for w in query.get("labelSelector", "").split(",") if w]
    return all(labels.get(k) == v for k, v in wants)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, code, body):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def fail(self, code, reason, message=None):
        self.say(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message or reason, "code": code})

    def read_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = [b"x"]
        while parts[-1]:
            parts.append(self.rfile.read(int(self.rfile.readline(), 16)))
            self.rfile.readline()
        return b"".join(parts[1:])

    def list(self, resource, namespace, query):
        group, kind = KINDS[resource]
        after, limit, metadata = bytes.fromhex(query.get("continue", "")).decode(), int(query.get("limit", "0")), {"resourceVersion": str(version)}
        found = sorted(((f"{n}/{name}", o) for (r, n, name), o in objects.items() if r == resource and namespace in (None, n) and matches(o, query)),
                       key=lambda i: i[0])
        items = [(place, o) for place, o in found if place > after]
        if limit and len(items) > limit:
            items = items[:limit]
            metadata["continue"] = items[-1][0].encode().hex()
        items = [o for _, o in items]
        return self.say(200, {"kind": kind + "List", "apiVersion": group, "metadata": metadata, "items": items})

    def handle_any(self):
        path, _, text = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(text))
        body = json.loads(self.read_body() or "null")
        with open(where + "/log", "a") as f:
            print(self.command, self.path, file=f)
        if os.path.exists(where + "/fail"):
            code, reason = open(where + "/fail").read().split()
            return self.fail(int(code), reason)
        if path == "/openapi/v2":  # an empty protobuf message: no schema of any kind, so that kubectl validates nothing
            self.send_response(200)
            self.send_header("Content-Type", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if path in DISCOVERY:
            return self.say(200, DISCOVERY[path])
        words = path.strip("/").split("/")
        words = words[2:] if words[0] == "api" else words[3:]
        namespace = words[1] if words[:1] == ["namespaces"] else None
        rest = words[2:] if namespace else words
        if not rest or rest[0] not in KINDS:
            return self.fail(404, "NotFound", "the server could not find the requested resource")
        resource, name = rest[0], rest[1] if len(rest) > 1 else None
        verb = {"GET": "get" if name else "list", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[self.command]
        user = self.headers.get("Impersonate-User", "agent" if self.headers.get("Authorization") == "Bearer agents-token" else "person")
        with open(where + "/verbs", "a") as f:
            print(user, verb, resource, file=f)
        if user == "agent" and (verb, resource) not in (granted or ()):
            return self.fail(403, "Forbidden", f"{resource} is forbidden: User cannot {verb} resource")
        if namespace and namespace.startswith("no-"):
            return self.fail(404, "NotFound", f'namespaces "{namespace}" not found')
        if verb == "list":
            return self.list(resource, namespace, query)
        old = objects.get((resource, namespace, name))
        if verb == "patch" and old:
            merge(old, body)
            return self.say(200, put(resource, old))
        if verb in ("create", "update"):
            if "generateName" in body["metadata"]:
                body["metadata"].setdefault("name", body["metadata"]["generateName"] + str(version))
            if verb == "create" and (resource, namespace, body["metadata"]["name"]) in objects:
                return self.fail(409, "AlreadyExists")
            if resource in schemas and (fault := wrong(schemas[resource], body, "object")):
                return self.fail(422, "Invalid", fault)
        if verb == "create":
            return self.say(201, put(resource, body))
        if not old:
            return self.fail(404, "NotFound", f'{resource} "{name}" not found')
        if verb == "update":
            given = body["metadata"].get("resourceVersion")
            if resource in schemas and not given:
                return self.fail(422, "Invalid", "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update")
            if given not in (None, "", old["metadata"]["resourceVersion"]):
                return self.fail(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again")
            return self.say(200, put(resource, body))
        if verb == "delete":
            del objects[resource, namespace, name]
        return self.say(200, old)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


for o in json.load(open(where + "/objects.json")):
    put(next(r for r, (_, k) in KINDS.items() if k == o["kind"]), o)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if os.path.exists(where + "/tls.pem"):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(where + "/tls.pem")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(where + "/port.new", "w") as f:
    print(server.server_port, file=f)
os.rename(where + "/port.new", where + "/port")
server.serve_forever()
