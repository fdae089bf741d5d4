# redis-server, and redis-benchmark: SET and GET by 20 clients.
redis_needs=(redis-server=redis-server redis-benchmark=redis-tools)
redis_unit=requests/s
redis_make() { redis_bundle "$1"; }
redis_up() { until_up; }
redis_load() { load "${REQUESTS:-40000}"; }
redis_end() { redis-cli -p "$port" shutdown nosave >/dev/null 2>&1 || true; }
