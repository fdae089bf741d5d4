bats_require_minimum_version 1.5.0
# What README.md and docs/ say: their commands are run, their links lead somewhere, their tables are the program's. The guides that need an
# engine are in tests/root/guides*.bats.
load helper

HERE='operation-not-permitted upgrade ci profiles kubernetes watching callers configuration' # run here, as any user
ROOT='docker podman rootless containerd install runc'                                        # run by tests/root/guides*.bats

teardown() { [ -z "${api:-}" ] || { kill "$api" && wait "$api" 2>/dev/null || true; }; }

# guide PAGE: in an empty directory, with this build's snug. What is not here has a stand-in: no canary is started, what lies in /etc and /var lies
# below $dir/root, podman and a node have run what pictures/nginx.json shows (saw KEY), and what `kubectl exec` would run on the node runs here.
guide() {
  mkdir -p "$dir/work" "$dir/bin" "$dir/root/etc/containerd"
  printf '{"runtime": "/bin/true", "state_dir": "%s", "run_dir": "%s", "learn_for": 0, "export_dir": "%s"}\n' "$state" "$dir/run" \
    "$dir/root/var/lib/kubelet/seccomp/snug" >"$SNUG_CONFIG"
  echo 'version = 2' >"$dir/root/etc/containerd/config.toml"
  put_bin snug 'case "$1 $2 $*" in
      "approve "*--no-sample*) ;;
      "approve "*) set -- "$@" --no-sample ;;
      "floor --json"*) exec cat "$DIR/floor.json" ;;
      "setup containerd"*) set -- "$@" --config "$DIR/root/etc/containerd/config.toml" ;;
    esac
    case $1 in
      approve | setup) { "$SNUG" "$@"; echo $? >"$DIR/status"; } | sed "s|$DIR/root||g"; exit "$(cat "$DIR/status")" ;;
    esac
    exec "$SNUG" "$@"'
  put_bin saw 'mkdir -p "$STATE/keys/$1" && jq --arg k "$1" ".key = \$k | .runs |= map(select(.complete))" "$SNUG_SOURCE/docs/pictures/nginx.json" >"$STATE/keys/$1/evidence.json"
    [ ! -e "$DIR/port" ] || "$SNUG_SOURCE/tests/lib/publish" "http://127.0.0.1:$(cat "$DIR/port")" worker-1 "$1"'
  put_bin podman 'saw program/test'
  put_bin on-node 'shift; exec "$@"'
  put_bin kubectl 'case " $* " in *" exec "*) while [ "$1" != -- ]; do shift; done; shift; exec "$@" ;; esac
    exec /usr/bin/kubectl "$@"'
  ln -s "$SNUG_SOURCE/examples/kubernetes/kubectl-snug" "$dir/bin/"
  cd "$dir/work"
  DIR=$dir SNUG=$snug STATE=$state HOME=$dir KUBECONFIG=$dir/kubeconfig KUBECTL_SNUG_EXEC=$dir/bin/on-node KUBECTL_SNUG_NO_WAIT=1 PATH=$dir/bin:$PATH \
    python3 "$SNUG_SOURCE/tests/lib/guide.py" "$SNUG_SOURCE/docs/$1.md" 3>&-
}
put_bin() { printf '#!/bin/bash\n%s\n' "$2" >"$dir/bin/$1" && chmod +x "$dir/bin/$1"; }

# cluster: an API server of the tests' own, with a node, a pod of snug's DaemonSet on it, and a workload.
cluster() {
  [ -x /usr/bin/kubectl ] || skip "kubectl is missing: kubernetes-client has it"
  jq -n '[{kind: "Node", apiVersion: "v1", metadata: {name: "worker-1"}},
    {kind: "Pod", apiVersion: "v1", metadata: {name: "snug-1", namespace: "kube-system", labels: {app: "snug"}}, spec: {nodeName: "worker-1"}, status: {phase: "Running"}},
    {kind: "Pod", apiVersion: "v1", metadata: {name: "web-0", namespace: "shop"}, spec: {nodeName: "worker-1", containers: [{name: "web", image: "nginx"}]}, status: {phase: "Running"}},
    {kind: "Deployment", apiVersion: "apps/v1", metadata: {name: "web", namespace: "shop"}, spec: {template: {spec: {containers: []}}}}]' >"$dir/objects.json"
  /usr/bin/python3 "$BATS_TEST_DIRNAME/fake_api.py" "$dir" "$SNUG_SOURCE/examples/kubernetes/crds.yaml" >"$dir/api.log" 2>&1 3>&- </dev/null & api=$!
  for _ in $(seq 1500); do [ -s "$dir/port" ] && break; sleep 0.02; done
  jq -n --arg s "http://127.0.0.1:$(cat "$dir/port")" '{apiVersion: "v1", kind: "Config", "current-context": "c", clusters: [{name: "c", cluster: {server: $s}}],
    users: [{name: "admin", user: {username: "nobody", password: "none"}}], contexts: [{name: "c", context: {cluster: "c", user: "admin"}}]}' >"$dir/kubeconfig"
}

# a_floor: of an upgraded node.
a_floor() {
  put_runtime "$dir/runc"
  SNUG_CONFIG=$dir/upgraded.json
  printf '{"runtime": "%s", "state_dir": "%s", "run_dir": "%s"}\n' "$dir/runc" "$state" "$dir/run" >"$SNUG_CONFIG"
  "$snug" floor --json --show >"$dir/floor.json"
  SNUG_CONFIG=$dir/config.json
}

@test "operation-not-permitted.md" { guide operation-not-permitted; }
@test "upgrade.md" { a_floor && guide upgrade; }
@test "ci.md" { guide ci; }
@test "profiles.md" { a_floor && guide profiles; }
@test "kubernetes.md" { cluster && guide kubernetes; }
@test "watching.md" { guide watching; }
@test "configuration.md" { guide configuration; }

@test "callers.md" {
  cluster
  mkdir -p "$dir/work/fleet"
  for node in one two three; do
    case $node in one) own=$(call 1 write workload 2) ;; two) own=$(call 83 mkdir workload 1) ;; three) own=$(call 87 unlink workload 1) ;; esac
    put_evidence web "$(one_run '' | sed "s/web-1/web-$node/g")" "$(join "$(call 59 execve runtime 1)" "$(call 0 read workload 7)" "$own")"
    mv "$state/keys/web/evidence.json" "$dir/work/fleet/$node.json"
  done
  guide callers
}

@test "a command that fails, or prints something else, is found" {
  mkdir "$dir/work"
  cd "$dir/work"
  page() { printf '%s\n' '```console' "$@" '```' >page.md; }
  page '$ false'
  run ! python3 "$SNUG_SOURCE/tests/lib/guide.py" page.md
  page '$ echo one; echo two' one
  run ! python3 "$SNUG_SOURCE/tests/lib/guide.py" page.md
  page '$ echo one; echo 12 ways; false' one '34 ...s'
  python3 "$SNUG_SOURCE/tests/lib/guide.py" page.md
  page '$ echo one; echo two; echo three' ... three
  python3 "$SNUG_SOURCE/tests/lib/guide.py" page.md
}

@test "every block of every page is run by a test, or says why not" {
  cd "$SNUG_SOURCE"
  python3 tests/lib/guide.py --blocks README.md docs/*.md >"$dir/blocks"
  sed -n 's/: not run: / is not run: /p' "$dir/blocks" | sed 's/^/# /' >&3
  run ! grep ': unmarked$' "$dir/blocks"
  for page in $(sed -n 's#^docs/\(.*\)\.md:.*: \(run\|file\).*#\1#p' "$dir/blocks" | sort -u); do
    [[ " $HERE $ROOT " == *" $page "* ]] || { echo "$page.md has commands that no test runs"; false; }
  done
  for page in $HERE; do grep -q "guide $page\b" tests/cli/guides.bats; done
  for page in $ROOT; do cat tests/root/guides*.bats | grep -q "guide $page "; done
  for variant in $(sed -n 's/.*: run for //p' "$dir/blocks" | sort -u); do cat tests/root/guides*.bats | grep -q "guide .* $variant\b"; done
  grep -q 'guide ../README ' tests/root/guides.bats
  # One that is only indented is a block, too.
  printf '%s\n' text '' '    $ false' >"$dir/page.md"
  python3 tests/lib/guide.py --blocks "$dir/page.md" | grep -q ':3: unmarked$'
  run ! python3 tests/lib/guide.py "$dir/page.md"
  printf '%s\n' '<!-- not run: it fails -->' '' '    $ false' >"$dir/page.md"
  python3 tests/lib/guide.py "$dir/page.md" | grep -q 'not run: it fails'
}

@test "every link within the pages leads to a file and a heading" {
  cd "$SNUG_SOURCE"
  tests/cli/links.py README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md docs/*.md
  printf '[a](none.md) [b](README.md#none) `[c](no.md)`\n' >"$dir/page.md"
  touch "$dir/README.md"
  run ! tests/cli/links.py "$dir/page.md"
  [ "${#lines[@]}" -eq 2 ]
}

@test "the pages of a package lead nowhere else" {
  "$SNUG_SOURCE/packaging/pages" "$dir/doc"
  cd "$dir/doc"
  "$SNUG_SOURCE/tests/cli/links.py" *.md docs/*.md
  diff <(cd "$SNUG_SOURCE" && ls docs/*.md) <(ls docs/*.md)
}

@test "every page is linked from the README" {
  cd "$SNUG_SOURCE"
  for page in docs/*.md; do grep -qF "($page" README.md || { echo "README.md does not lead to $page"; false; }; done
}

@test "the README fits on two screens, and has the two commands" {
  [ "$(wc -l <"$SNUG_SOURCE/README.md")" -le 120 ]
  grep -q '^    ./examples/quickstart ' "$SNUG_SOURCE/README.md"
  grep -q '^    ./tests/run ' "$SNUG_SOURCE/README.md"
}

@test "reasons.md has the program's own table" {
  diff <(grep '^| ' "$SNUG_SOURCE/docs/reasons.md") <(python3 "$SNUG_SOURCE/tests/lib/reasons.py" "$SNUG_SOURCE/seccomp/evidence/reasons.h" | grep '^| ')
  [ "$(grep -c '^| `' "$SNUG_SOURCE/docs/reasons.md")" = "$(grep -c '^	X(' "$SNUG_SOURCE/seccomp/evidence/reasons.h")" ]
}

@test "install.md names every command" {
  for c in $("$snug" --list | cut -d' ' -f1); do grep -q "^| .snug. .*\`$c\`" "$SNUG_SOURCE/docs/install.md" || { echo "install.md does not say $c"; false; }; done
}

@test "configuration.md has every setting" {
  for s in $(sed -n '/^static const struct setting settings/,/^};/s/^\t{"\([a-z_]*\)".*/\1/p' "$SNUG_SOURCE/shim/common/config.c"); do
    grep -q "\`$s\`\|\"$s\"" "$SNUG_SOURCE/docs/configuration.md" || { echo "configuration.md does not say $s"; false; }
  done
}

@test "docs/site builds the site, and every link in it leads somewhere" {
  command -v mkdocs >/dev/null || skip "there is no mkdocs here (Debian: mkdocs)"
  # Without this build, there is no report page to make pictures of, which takes long.
  SNUG_BUILD=$dir run "$SNUG_SOURCE/docs/site" "$dir/site"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ "$output" == *"every link leads somewhere" ]]
  [ -s "$dir/site/docs/docker.html" ]
}
