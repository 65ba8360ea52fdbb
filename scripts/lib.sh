# What the scripts share: packages, the build, and a private PostgreSQL cluster. To be sourced by bash.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The newest server (15 or later) whose development files are here; PG_CONFIG overrides.
find_pg_config() {
  local candidate
  for candidate in ${PG_CONFIG:-} $(ls -d /usr/lib/postgresql/*/bin/pg_config /usr/pgsql-*/bin/pg_config 2>/dev/null | sort -rV) pg_config; do
    command -v "$candidate" >/dev/null || continue
    [ -f "$("$candidate" --pgxs)" ] && [ -x "$("$candidate" --bindir)/initdb" ] || continue
    [ "$("$candidate" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 15 ] || continue
    echo "$candidate"
    return
  done
  return 1
}

# install_packages PACKAGE... : says what it is about to install, then installs it.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing with apt: ${missing[*]}"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "installing packages needs root or sudo"
  # Only listed packages: a new cluster of the distribution's making would be one more than we need.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

newest_package() { apt-cache --names-only search "$1" | cut -d' ' -f1 | grep -xE "$1" | sort -rV | head -n 1; }

# Everything a build needs on Debian or Ubuntu. Elsewhere the tools must be there already.
ensure_build_tools() {
  if command -v apt-get >/dev/null; then
    if ! find_pg_config >/dev/null || ! [ -e /usr/include/libpsl.h ] || ! has_boost || ! command -v g++ make >/dev/null; then
      as_root apt-get update -qq
      install_packages g++ make libpsl-dev
      has_boost || install_packages "$(newest_package 'libboost1\.[0-9]+-dev')"
      if ! find_pg_config >/dev/null; then
        local dev version
        dev=$(newest_package 'postgresql-server-dev-(1[5-9]|[2-9][0-9])')
        [ -n "$dev" ] || fail "this system has no PostgreSQL 15 or later; see https://www.postgresql.org/download/"
        version=${dev##*-}
        # Installed from its own package alone, the server makes no cluster if this file says so.
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/journey.conf >/dev/null
        install_packages "postgresql-$version" "$dev"
        as_root rm -f /etc/postgresql-common/createcluster.d/journey.conf
      fi
    fi
  fi
  PG_CONFIG=$(find_pg_config) || fail "no PostgreSQL 15 or later with development files found; set PG_CONFIG"
  export PG_CONFIG
  PG_BIN=$("$PG_CONFIG" --bindir)
  PG_MAJOR=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
}

has_boost() {
  [ -e /usr/include/boost/unordered/unordered_flat_map.hpp ]
}

build() {
  say "Building against $("$PG_CONFIG" --version)"
  make -s -j"$(nproc)" PG_CONFIG="$PG_CONFIG" all
}

# A private installation and cluster in a temporary directory. The server's own files are linked to, and the
# extension is installed beside the links: nothing on the system changes, and no other cluster is touched.
start_cluster() {
  CLUSTER=$(mktemp -d "${TMPDIR:-/tmp}/journey.XXXXXX")
  chmod 755 "$CLUSTER"
  trap stop_cluster EXIT
  trap 'exit 130' INT TERM
  local dir
  for dir in "$("$PG_CONFIG" --sharedir)" "$("$PG_CONFIG" --pkglibdir)"; do
    mkdir -p "$CLUSTER$dir"
    cp -rs "$dir/." "$CLUSTER$dir/"
  done
  mkdir -p "$CLUSTER$PG_BIN"
  # The server finds its files relative to its own path, so its programs are copied, not linked.
  cp "$PG_BIN"/{postgres,initdb,pg_ctl} "$CLUSTER$PG_BIN/"
  make -s PG_CONFIG="$PG_CONFIG" DESTDIR="$CLUSTER" install >/dev/null
  mkdir "$CLUSTER/data" "$CLUSTER/socket"
  if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
    chown -R "$(server_user)" "$CLUSTER/data" "$CLUSTER/socket"
  fi
  as_server initdb -D "$CLUSTER/data" -U journey -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$CLUSTER/initdb.log" 2>&1 ||
    fail "initdb failed: $(cat "$CLUSTER/initdb.log")"
  cat >>"$CLUSTER/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$CLUSTER/socket'
fsync = off
full_page_writes = off
shared_buffers = 512MB
max_wal_size = 4GB
timezone = 'UTC'
CONF
  as_server pg_ctl -D "$CLUSTER/data" -l "$CLUSTER/socket/server.log" -w start >/dev/null ||
    fail "the private server did not start: $(tail -n 5 "$CLUSTER/socket/server.log")"
  export PGHOST="$CLUSTER/socket" PGUSER=journey PGDATABASE=postgres PGOPTIONS=''
  unset PGPORT PGSERVICE PGPASSWORD
}

server_user() { id -un postgres 2>/dev/null || echo nobody; }

as_server() {
  local program="$CLUSTER$PG_BIN/$1"
  shift
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid="$(server_user)" --regid="$(id -g "$(server_user)")" --clear-groups "$program" "$@")
  else
    (cd / && "$program" "$@")
  fi
}

stop_cluster() {
  local status=$?
  trap - EXIT
  [ -n "${CLUSTER:-}" ] && [ -d "$CLUSTER" ] || exit "$status"
  if [ "${KEEP:-}" = yes ] && [ "$status" = 0 ]; then exit 0; fi
  as_server pg_ctl -D "$CLUSTER/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$CLUSTER"
  exit "$status"
}

sql() { "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 "$@"; }
