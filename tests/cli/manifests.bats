# The forms of the manifests beside `snug setup kubernetes`: kustomize's overlays and the chart. They install what it prints.
load helper

@test "kustomize: the manifests with an image of one's own; each overlay names its engine and changes nothing else" {
  cd "$SNUG_SOURCE/examples/kubernetes/kustomize"
  # It reads no file above its own folder.
  cmp ../snug.yaml base/snug.yaml
  cmp ../crds.yaml crds/crds.yaml
  kubectl kustomize crds >/dev/null
  cmp ../crds.yaml ../helm/crds/crds.yaml
  kubectl kustomize base >"$dir/base.yaml"
  grep -q 'image: localhost/snug:0.1.0' "$dir/base.yaml"
  for engine in containerd crio; do
    kubectl kustomize $engine >"$dir/$engine.yaml"
    [ "$(diff "$dir/base.yaml" "$dir/$engine.yaml" | grep '^[<>]' | sed 's/^. *//' | xargs)" = "- name: ENGINE value: $engine" ]
  done
}

@test "the chart: each template is YAML as it stands, names only values that are there, and installs what snug setup prints" {
  "$snug" setup kubernetes >"$dir/k.yaml" 2>/dev/null
  /usr/bin/python3 - "$SNUG_SOURCE/examples/kubernetes/helm" "$dir/k.yaml" <<'P'
import glob, re, sys, yaml
chart, printed = sys.argv[1:]
values = yaml.safe_load(open(chart + "/values.yaml"))
assert yaml.safe_load(open(chart + "/Chart.yaml"))["apiVersion"] == "v2"
made = []
for path in glob.glob(chart + "/templates/*.yaml"):
    text = open(path).read()
    assert list(yaml.safe_load_all(text)), path
    # Nothing but plain values, in quotes, so that what is filled in stays one string.
    for word in re.findall(r"{{.*?}}", text):
        assert re.fullmatch(r"{{ \.Values\.[A-Za-z]+ }}", word), word
        assert '"' + word + '"' in text, word
    made += yaml.safe_load_all(re.sub(r"{{ \.Values\.([A-Za-z]+) }}", lambda m: values[m[1]], text))
for d in made:
    if d["kind"] == "DaemonSet":
        env = d["spec"]["template"]["spec"]["containers"][0]["env"]
        # Empty is as good as unset.
        assert [e.pop("value") for e in env if e["name"] == "ENGINE"] == [""]
        env[:] = [e for e in env if e["name"] != "ENGINE"]
key = lambda d: (d["kind"], d["metadata"]["name"])
assert sorted(made, key=key) == sorted(yaml.safe_load_all(open(printed)), key=key)
P
}
