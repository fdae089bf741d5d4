# nginx with one worker and an access log, and wrk: a page of 1 KiB, by 16 connections.
nginx_needs=(nginx=nginx wrk=wrk)
nginx_unit=requests/s
nginx_make() {
  local dir=$1
  host_bundle "$dir" '.process.capabilities |= map_values(. + ["CAP_SETUID", "CAP_SETGID"])' nginx -c /etc/nginx.conf
  mkdir -p "$dir/rootfs/etc" "$dir/rootfs/www" "$dir/rootfs/var/log/nginx" "$dir/rootfs/var/lib/nginx"
  echo 'root:x:0:0::/:/bin/sh' >"$dir/rootfs/etc/passwd"
  echo 'root:x:0:' >"$dir/rootfs/etc/group"
  head -c 1024 /dev/zero | tr '\0' x >"$dir/rootfs/www/index.html"
  cat >"$dir/rootfs/etc/nginx.conf" <<CONF
daemon off;
user root;
worker_processes 1;
pid /tmp/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
  access_log /var/log/nginx/access.log;
  sendfile on;
  keepalive_requests 100000;
  server { listen 127.0.0.1:$port; root /www; }
}
CONF
}
nginx_up() { until_open; }
nginx_load() { wrk -t 1 -c 16 -d 2s "http://127.0.0.1:$port/" | awk '$1 == "Requests/sec:" {print $2}'; }
nginx_end() { runc --root "$R" kill "$1" QUIT; }
