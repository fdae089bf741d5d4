# meson.build has the version; whatever repeats it says the same.

setup() {
  cd "${SNUG_SOURCE:?}"
  version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
}

# stated: FILE: VERSION of every file that states snug's version.
stated() {
  sed -n '1s/^snug (\(.*\)) .*/debian\/changelog: \1/p' debian/changelog
  sed -n 's/^Version: /packaging\/snug.spec: /p; s/^#.*--prefix=snug-\([^/]*\).*/packaging\/snug.spec: \1/p' packaging/snug.spec
  sed -n '/^## /{s/^## \([^, ]*\).*/CHANGELOG.md: \1/p;q}' CHANGELOG.md
  sed -n 's/^tag=[^ ]*:\([^ ]*\).*/image\/build: \1/p' examples/kubernetes/image/build
  grep -rhoE '(image: "?[^ "]*snug:|newTag: |^version: |^appVersion: "?)[0-9][^ "]*' examples/kubernetes | sed 's/.*[ :"]\([0-9]\)/kubernetes: \1/'
}

@test "every file that states a version states meson.build's" {
  [ -n "$version" ]
  stated >"$BATS_TEST_TMPDIR/stated"
  cat "$BATS_TEST_TMPDIR/stated"
  for f in debian/changelog packaging/snug.spec CHANGELOG.md image/build kubernetes; do grep -q "^$f: " "$BATS_TEST_TMPDIR/stated"; done
  [ "$(grep -c '^kubernetes: ' "$BATS_TEST_TMPDIR/stated")" -ge 6 ]
  [ -z "$(grep -v ": $version\$" "$BATS_TEST_TMPDIR/stated")" ]
}

@test "snug --version says it, too" {
  [[ "$("${SNUG_BUILD:?}/snug" --version)" == *"$version"* ]]
}
