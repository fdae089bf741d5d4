# Objects of the Kubernetes API: the resource definitions, `snug cluster`, and what it refuses to take.
load helper

key=k8s/shop/web/docker.io%2Fnginx

# object: the ApprovedProfile of $key as JSON. list: it, changed by this jq filter, as the API lists it.
object() { "$snug" cluster approval --approver 'a "b"' --reason $'two\nlines' "${2:-$key}" <"$dir/${1:-p}.json"; }
list() { jq "{kind: \"ApprovedProfileList\", apiVersion: \"snug.io/v1alpha1\", metadata: {resourceVersion: \"7\"}, items: [$1]}" "$dir/object.json"; }
profile() {
  jq -n --args '{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38, architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [{names: $ARGS.positional, action: "SCMP_ACT_ALLOW"}]}' "$@"
}
approved() { echo "$state/keys/$key/approved.json"; }

@test "the resource definitions: structural, each text bounded, with the limits of the programs" {
  [ "$(kubectl annotate --local -f "$SNUG_SOURCE/examples/kubernetes/crds.yaml" a=b -o name | wc -l)" -eq 2 ]
  /usr/bin/python3 - "$SNUG_SOURCE/examples/kubernetes/crds.yaml" "$SNUG_SOURCE/shim/cli/cluster/object.h" <<'P'
import re, sys, yaml
limits = dict(re.findall(r"#define OBJECT_(\w+)_MAX +(\d+)", open(sys.argv[2]).read()))
def walk(s, path):
    assert s.get("type") in ("object", "string", "integer"), path
    assert not set(s) & {"additionalProperties", "x-kubernetes-preserve-unknown-fields", "items"}, path
    for name, p in s.get("properties", {}).items():
        walk(p, path + [name])
    assert set(s.get("required", [])) <= set(s.get("properties", {})), path
    if path[:1] == ["spec"] and s["type"] == "string":
        assert "maxLength" in s, path
        "pattern" in s and re.compile(s["pattern"])
seen = []
for crd in yaml.safe_load_all(open(sys.argv[1])):
    assert crd["apiVersion"] == "apiextensions.k8s.io/v1" and crd["kind"] == "CustomResourceDefinition"
    spec, names = crd["spec"], crd["spec"]["names"]
    assert crd["metadata"]["name"] == names["plural"] + "." + spec["group"] and spec["scope"] == "Namespaced"
    [v] = spec["versions"]
    assert v["served"] and v["storage"]
    schema = v["schema"]["openAPIV3Schema"]
    walk(schema, [])
    p = schema["properties"]["spec"]["properties"]
    assert schema["properties"]["spec"]["required"] == list(p)
    assert str(p["key"]["maxLength"]) == limits["KEY"]
    if names["kind"] == "ApprovedProfile":
        assert [str(p[n]["maxLength"]) for n in ("approver", "reason", "profile")] == [limits[n] for n in ("WHO", "REASON", "PROFILE")]
    for c in v["additionalPrinterColumns"]:
        assert c["jsonPath"].removeprefix(".spec.") in p, c
    seen.append(names["kind"])
assert seen == ["Evidence", "ApprovedProfile"]
P
}

@test "names: one for each key and node, the namespace is the key's, and only pods' keys have any" {
  put_evidence "$key" "$(one_run '')" "$(call 0 read workload 7)"
  run_snug cluster names --node one.example "$key"
  [ "$(sed -n 's/^namespace //p' <<<"$output")" = shop ]
  [[ "$output" == *$'\nprofile shop-web-docker-io-nginx-'*$'\nevidence shop-web-docker-io-nginx-one-example-'*$'\nruns 1\nended 1 2026-01-31T12:00:05.000Z\nstate complete' ]]
  # What is alike once it is an object's name.
  for pair in 'k8s/shop/web/a one-b' 'k8s/shop/web/a-one b' 'k8s/shop/web/A one-b' 'k8s/shop/web%2Fa one-b' 'k8s/shop/web/a one.b'; do
    put_evidence "${pair% *}" "$(one_run '')" "$(call 0 read workload 7)"
    "$snug" cluster names --node "${pair#* }" "${pair% *}" | sed -n 's/^evidence //p'
  done | sort | uniq -c | { ! grep -v '^ *1 '; }
  run_snug cluster names web; refused 2 'not the key of a pod'
  run_snug cluster names k8s/shop; refused 2 'not the key of a pod'
  run_snug cluster names k8s/Shop/web; refused 2 'no namespace'
  run_snug cluster names k8s/../web; refused 2 'is not a key'
  run_snug cluster names --node ../one "$key"; refused 2 "a node's name"
  run_snug cluster take "$key"; refused 2 'takes no key'
  run_snug cluster give; refused 2 'names, approval, take, version or events'
}

@test "an approval that is taken: approved and exported; taken again, nothing is written" {
  sed -i "s|{|{\"export_dir\": \"$dir/seccomp/snug\", |" "$dir/config.json"
  profile read mkdir >"$dir/p.json"
  object >"$dir/object.json"
  jq -e --arg d "sha256:$(sha256sum "$dir/p.json" | cut -d' ' -f1)" --arg k "$key" --rawfile p "$dir/p.json" \
    '.spec == {key: $k, digest: $d, approver: "a \"b\"", reason: "two\nlines", profile: $p} and .metadata.namespace == "shop"' "$dir/object.json"
  list . >"$dir/list.json"
  run_snug cluster take <"$dir/list.json"
  [ "$status" -eq 0 ]
  [[ "$output" == "have $key"$'\n'"approved $key 1 sha256:"* ]]
  cmp "$(approved)" "$dir/p.json"
  cmp "$dir/seccomp/snug/shop/web/docker.io%2Fnginx.json" "$dir/p.json"
  before=$(stat -c %i "$(approved)" "$dir/seccomp/snug/shop/web/docker.io%2Fnginx.json")
  run_snug cluster take <"$dir/list.json"
  [ "$status" -eq 0 ]; [ "$output" = "have $key" ]
  [ "$(stat -c %i "$(approved)" "$dir/seccomp/snug/shop/web/docker.io%2Fnginx.json")" = "$before" ]
  # The exported file is gone: it is written anew.
  rm "$dir/seccomp/snug/shop/web/docker.io%2Fnginx.json"
  run_snug cluster take <"$dir/object.json"
  cmp "$dir/seccomp/snug/shop/web/docker.io%2Fnginx.json" "$dir/p.json"
  # More pages.
  list . | jq '.metadata.continue = "abc-_.~1"' >"$dir/list.json"
  run_snug cluster take <"$dir/list.json"
  [ "$output" = "have $key"$'\n'"continue abc-_.~1" ]
}

@test "an object that is not what it says is named and left out; the others are taken" {
  profile read mkdir >"$dir/p.json"
  object >"$dir/object.json"
  object p k8s/shop/db/mysql >"$dir/other.json"
  # A line for each: what is changed, and what is said.
  cat >"$dir/cases" <<'C'
.spec.profile += " "@another digest
.spec.digest = "sha256:0"@another digest
.metadata.namespace = "evil"@evil/shop-web-docker-io-nginx-
.metadata.namespace = "evil"@belongs to another namespace
.metadata.name = "web"@is called shop-web-docker-io-nginx-
.spec.key = "web"@not the key of a pod
.spec.key = "k8s/shop/../../../../etc"@its key is none
.spec.key = "k8s/shop/\u001b[2J"@its key is none
.spec.key = "k8s/shop/web\u0000"@spec.key
.metadata.name = "\u001b[2J"@shop/\x1b[2J
.spec.profile = 1@spec.profile
.spec.profile = "{}" | .spec.digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"@its profile
del(.spec)@without metadata or spec
.kind = "Secret"@it is no ApprovedProfile
[]@without metadata or spec
C
  cut -d@ -f1 "$dir/cases" | sed 's/^/(/; s/$/), /' | tr -d '\n' >"$dir/filter"
  list "$(cat "$dir/filter") $(cat "$dir/other.json")" >"$dir/list.json"
  run_snug cluster take <"$dir/list.json"
  [ "$status" -eq 1 ]
  [ "$(grep -c '^snug: ' "$dir/stderr")" -eq "$(grep -c '' "$dir/cases")" ]; [ "$(grep -c '' "$dir/stderr")" -eq "$(grep -c '' "$dir/cases")" ]
  paste -d@ <(cut -d@ -f2- "$dir/cases") "$dir/stderr" | while IFS=@ read -r wanted said; do
    [[ "$said" == *"$wanted"* ]] || { echo "$wanted: $said"; exit 1; }
  done
  [ ! -e "$(approved)" ]; [[ "$output" == 'have k8s/shop/db/mysql'* ]]; [ -e "$state/keys/k8s/shop/db/mysql/approved.json" ]
  [ "$(ls "$state/keys")" = k8s ]; [ "$(ls "$state/keys/k8s/shop")" = db ]
  # A token that would not stay one word of a URL.
  list . | jq '.metadata.continue = "a&limit=1"' >"$dir/list.json"
  run_snug cluster take <"$dir/list.json"; refused 2 'token'
  for text in '' '{' '{"kind": "Status"}' '[]'; do
    run_snug cluster take <<<"$text"
    [ "$status" -eq 2 ]
  done
}

@test "what no object can hold is refused" {
  profile read >"$dir/p.json"
  run_snug cluster approval --reason "$(head -c 1025 /dev/zero | tr '\0' x)" "$key" <"$dir/p.json"; refused 2 'the API takes 1024'
  run_snug cluster approval --approver "$(printf '\377')" "$key" <"$dir/p.json"; refused 2 'not text in UTF-8'
  run_snug cluster approval "$key" </dev/null; [ "$status" -eq 2 ]
  run_snug cluster approval web <"$dir/p.json"; refused 2 'not the key of a pod'
  # The version that it replaces.
  "$snug" cluster approval --version 12 "$key" <"$dir/p.json" | jq '.metadata.labels.resourceVersion = "13"' >"$dir/object.json"
  [ "$("$snug" cluster version <"$dir/object.json")" = 12 ]
  run_snug cluster version <<<"{}"; refused 2 "is no object"
  run_snug cluster version <<<'{"metadata": {"resourceVersion": "1\", \"x\": \"1"}}'; refused 2 'other characters'
}
