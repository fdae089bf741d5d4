# PostgreSQL, and pgbench: 4 clients, nine reads to one transaction that writes. Without fsync: the disk is not what is measured.
postgres_needs=('/usr/lib/postgresql/*/bin/pgbench=postgresql')
postgres_unit=transactions/s
postgres_make() {
  local dir=$1 bin
  bin=$(compgen -G '/usr/lib/postgresql/*/bin' | tail -1)
  host_bundle "$dir" ".process.user = {uid: $(id -u postgres), gid: $(id -g postgres)}" \
    "$bin/postgres" -D /data -h 127.0.0.1 -p "$port" -k /tmp -c fsync=off -c autovacuum=off
  mkdir -p "$dir/rootfs/etc"
  grep '^postgres:' /etc/passwd >"$dir/rootfs/etc/passwd"
  install -d -o postgres -g postgres -m 700 "$dir/rootfs/data"
  chmod 1777 "$dir/rootfs/tmp"
  chmod 711 "$T" # initdb does not run as root
  (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$bin/initdb" -D "$dir/rootfs/data" -A trust -U bench --no-locale) >/dev/null
  section "$dir" '.linux.seccomp = null'
  runc --root "$R" run --bundle "$dir" initialize </dev/null >/dev/null 2>&1 &
  postgres_up
  pgbench -i -s 2 -q -h 127.0.0.1 -p "$port" -U bench postgres >/dev/null 2>&1
  postgres_end initialize
  wait
}
postgres_up() {
  local i
  for i in $(seq 500); do pg_isready -q -h 127.0.0.1 -p "$port" -U bench -d postgres && return 0; sleep 0.02; done
  echo "postgres did not come up" >&2
  return 1
}
postgres_load() {
  pgbench -h 127.0.0.1 -p "$port" -U bench -c 4 -j 1 -T 2 -b tpcb-like@1 -b select-only@9 postgres 2>/dev/null |
    awk '$1 == "tps" {print $3}'
}
postgres_end() { runc --root "$R" kill "$1" INT; }
