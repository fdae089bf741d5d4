bats_require_minimum_version 1.5.0
# docs/docker.md. See guides.bash.
load guides

docker_server() { dockerd --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'; }

@test "docker.md: Docker 25 and later" {
  [ "$(docker_server)" -ge 25 ] || skip "dockerd here is $(docker_server) and passes no annotation on, that came with 25"
  guide docker docker docker-25
}

@test "docker.md: any Docker" { guide docker docker docker-24; }
