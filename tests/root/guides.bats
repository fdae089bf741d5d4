bats_require_minimum_version 1.5.0
# The guides that need an engine; Docker's is in guides_docker.bats. See guides.bash.
load guides

@test "README.md: what it looks like" { guide ../README podman; }

@test "podman.md" { guide podman podman; }

@test "rootless.md" { guide rootless rootless; }

@test "containerd.md" { guide containerd containerd; }

@test "runc.md" { guide runc none; }

@test "install.md" { guide install none; }
