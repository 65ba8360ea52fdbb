# What the scripts share: packages, the build, and a private PostgreSQL cluster. To be sourced by bash.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

# minutes SECONDS : as minutes with one decimal.
minutes() { echo "$(($1 / 60)).$(($1 % 60 / 6))"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || fail "installing packages needs root or sudo"
    sudo "$@"
  fi
}

# The newest server (15 or later) whose development files are here; PG_CONFIG overrides.
find_pg_config() {
  local candidate
  for candidate in ${PG_CONFIG:-} $(ls -d /usr/lib/postgresql/*/bin/pg_config /usr/pgsql-*/bin/pg_config 2>/dev/null | sort -rV) pg_config; do
    command -v "$candidate" >/dev/null || continue
    # Some systems put pgxs with the client's files, so the headers are looked for, too.
    [ -f "$("$candidate" --pgxs)" ] && [ -f "$("$candidate" --includedir-server)/postgres.h" ] || continue
    [ -x "$("$candidate" --bindir)/initdb" ] || continue
    [ "$("$candidate" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" -ge 15 ] || continue
    echo "$candidate"
    return
  done
  return 1
}

# apt_get ARGUMENT... : waits its turn where another apt is at work, and is silent unless it fails.
apt_get() {
  local output
  output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" 2>&1) ||
    fail "apt-get $* failed:"$'\n'"$output"
}

apt_update() {
  [ -z "${APT_UPDATED:-}" ] || return 0
  say "Updating the package lists of apt"
  apt_get update
  APT_UPDATED=yes
}

# install_packages PACKAGE... : says what it is about to install, then installs it.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing with apt: ${missing[*]}"
  apt_update
  apt_get install -y --no-install-recommends "${missing[@]}"
}

newest_package() { apt-cache --names-only search "$1" | cut -d' ' -f1 | grep -xE "$1" | sort -rV | head -n 1; }

# Everything a build needs on Debian or Ubuntu. Elsewhere the tools must be there already.
ensure_build_tools() {
  if command -v apt-get >/dev/null; then
    command -v g++ >/dev/null || install_packages g++
    command -v make >/dev/null || install_packages make
    [ -e /usr/include/libpsl.h ] || install_packages libpsl-dev
    has_boost || { apt_update && install_packages "$(newest_package 'libboost1\.[0-9]+-dev')"; }
    find_pg_config >/dev/null || install_server
  fi
  PG_CONFIG=$(find_pg_config) || fail "no PostgreSQL 15 or later with development files found; set PG_CONFIG"
  export PG_CONFIG
  PG_BIN=$("$PG_CONFIG" --bindir)
  PG_MAJOR=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
}

# The server that is here, or else the newest of the distribution, with its development files. The file says that its
# package shall not make a cluster: we need none.
install_server() {
  apt_update
  local majors dev conf=/etc/postgresql-common/createcluster.d/journey.conf
  majors=$(ls -d /usr/lib/postgresql/{1[5-9],[2-9][0-9]}/bin/postgres 2>/dev/null | cut -d/ -f5 | paste -sd'|') || true
  dev=$(newest_package "postgresql-server-dev-(${majors:-1[5-9]|[2-9][0-9]})")
  [ -n "$dev" ] || fail "this system has no PostgreSQL 15 or later; see https://www.postgresql.org/download/"
  as_root mkdir -p "${conf%/*}"
  echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null
  install_packages "postgresql-${dev##*-}" "$dev"
  as_root rm -f "$conf"
}

# The clang to build and lint with, as LLVM: version 14, whose judgement all share, or else the newest of the distribution.
ensure_clang() {
  local found
  LLVM=14
  command -v apt-get >/dev/null || return 0
  if ! command -v clang++-14 >/dev/null; then
    apt_update
    found=$(newest_package clang-14)
    [ -n "$found" ] || found=$(newest_package 'clang-(1[5-9]|[2-9][0-9])')
    LLVM=${found#clang-}
  fi
  install_packages "clang-$LLVM" $(newest_package "libclang-rt-$LLVM-dev")
}

has_boost() {
  [ -e /usr/include/boost/unordered/unordered_flat_map.hpp ]
}

# build [TARGET...] : the extension, and more targets of the Makefile.
build() {
  say "Building against $("$PG_CONFIG" --version)$([ -e journey.so ] || echo '; the first time takes a minute or two')"
  mkdir -p build
  (
    flock 9 # two at a time would write into the same files
    make -s -j"$(nproc)" PG_CONFIG="$PG_CONFIG" all "$@"
  ) 9>build/.lock
}

# copy_sources DIRECTORY : all that a build needs, into a directory that may hold an older copy.
copy_sources() {
  mkdir -p "$1/src"
  find "$1/src" -type f ! -name '*.[od]' -delete
  tar --exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$1"
}

# unit_tests DIRECTORY : builds what CMakeLists.txt says there, and runs the unit tests.
unit_tests() {
  cmake -S . -B "$1" && cmake --build "$1" -j"$(nproc)" && ctest --test-dir "$1" -j"$(nproc)" --output-on-failure
}

# By clang, under sanitizers, with the fuzzers.
configure_sanitized() { cmake -S . -B "$1" -DJOURNEY_SANITIZE=ON -DCMAKE_CXX_COMPILER="clang++-$LLVM"; }
sanitized_unit_tests() { configure_sanitized build/sanitized && unit_tests build/sanitized; }

# A private installation and cluster in a temporary directory. The server's own files are linked to, and the
# extension is installed beside the links: nothing on the system changes, and no other cluster is touched.
start_cluster() {
  local variable
  for variable in "${!PG@}"; do # those that libpq and the server read, such as PGHOST and PGDATA
    [[ $variable == PG_* ]] || unset "$variable"
  done
  umask 022 # the server's user reads what is installed here
  trap stop_cluster EXIT
  trap 'exit 130' INT TERM HUP
  find_place
  local dir
  for dir in "$("$PG_CONFIG" --sharedir)" "$("$PG_CONFIG" --pkglibdir)"; do
    mkdir -p "$CLUSTER$dir"
    cp -rs "$dir/." "$CLUSTER$dir/"
  done
  make -s PG_CONFIG="$PG_CONFIG" DESTDIR="$CLUSTER" install >/dev/null
  mkdir "$CLUSTER/data" "$CLUSTER/socket"
  if [ "$(id -u)" = 0 ]; then # the server refuses to run as root
    chown -R "$(server_user)" "$CLUSTER/data" "$CLUSTER/socket"
  fi
  as_server initdb -D "$CLUSTER/data" -U analyst -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$CLUSTER/initdb.log" 2>&1 ||
    fail "initdb failed: $(cat "$CLUSTER/initdb.log")"
  cat >>"$CLUSTER/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$CLUSTER/socket'
port = 5432
fsync = off
full_page_writes = off
shared_buffers = 512MB
max_wal_size = 4GB
max_prepared_transactions = 20
timezone = 'UTC'
CONF
  # Parallel plans share memory in /dev/shm, which is small in containers.
  if [ "$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1)0" -lt 10000000 ]; then
    echo 'dynamic_shared_memory_type = mmap' >>"$CLUSTER/data/postgresql.conf"
  fi
  as_server pg_ctl -D "$CLUSTER/data" -l "$CLUSTER/socket/server.log" -w start >/dev/null ||
    fail "the private server did not start: $(tail -n 5 "$CLUSTER/socket/server.log")"
  export PGHOST="$CLUSTER/socket" PGPORT=5432 PGUSER=analyst PGDATABASE=postgres
}

# Sets CLUSTER to a new directory where the server's user can come and programs may run. Its name is plain enough for
# the server's settings and short enough for the address of a socket (108 bytes).
find_place() {
  local parent
  for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    CLUSTER=$(mktemp -d "$parent/journey.XXXXXX" 2>/dev/null) || continue
    chmod 755 "$CLUSTER"
    mkdir -p "$CLUSTER$PG_BIN"
    # The server finds its files relative to its own path, so its programs are copied, not linked.
    cp "$PG_BIN"/{postgres,initdb,pg_ctl} "$CLUSTER$PG_BIN/"
    [[ $CLUSTER =~ ^[A-Za-z0-9_./-]{1,80}$ ]] && as_server_user test -r "$CLUSTER" &&
      as_server postgres --version >/dev/null 2>&1 && return
    rm -rf "$CLUSTER"
  done
  fail "no place for a private server: tried ${TMPDIR:+$TMPDIR, }/tmp and /var/tmp"
}

server_user() { id -un postgres 2>/dev/null || echo nobody; }

as_server_user() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && setpriv --reuid="$(server_user)" --regid="$(id -g "$(server_user)")" --clear-groups "$@")
  else
    (cd / && "$@")
  fi
}
as_server() { as_server_user "$CLUSTER$PG_BIN/$1" "${@:2}"; }

stop_cluster() {
  local status=$?
  trap - EXIT
  [ -n "${CLUSTER:-}" ] && [ -d "$CLUSTER" ] || exit "$status"
  if [ "${KEEP:-}" = yes ] && [ "$status" = 0 ]; then exit 0; fi
  as_server pg_ctl -D "$CLUSTER/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$CLUSTER"
  exit "$status"
}

sql() { "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -P pager=off "$@"; }

# A Python that dbt-core 1.11 runs on: it breaks on 3.14 when it starts.
dbt_python() {
  local python
  for python in python3 python3.{13,12,11,10}; do
    "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info >= (3, 14))' 2>/dev/null || continue
    echo "$python"
    return
  done
  say "dbt-core 1.11 needs a Python from 3.10 to 3.13 with venv; here is $(python3 --version 2>&1)"
  return 1
}

# python_home HOME REQUIREMENTS [PYTHON] : a Python of our own with these packages, made once.
python_home() {
  command -v apt-get >/dev/null && install_packages python3 python3-venv
  cmp -s "$2" "$1/requirements.txt" && return
  rm -rf "$1"
  # Compiling all that is never imported takes longer than the rest.
  "${3:-python3}" -m venv "$1" && "$1/bin/pip" install -q --no-compile --disable-pip-version-check -r "$2" && cp "$2" "$1/"
}

# A dbt of our own in build/dbt; sets DBT.
ensure_dbt() {
  local python
  python=$(dbt_python) && python_home "$ROOT/build/dbt" "$ROOT/dbt/integration_tests/requirements.txt" "$python" || return
  DBT=$ROOT/build/dbt/bin/dbt
}

# The programs that tests compare with, in build/oracle.
ensure_oracle() { python_home "$ROOT/build/oracle" "$ROOT/test/oracle/requirements.txt"; }

# What the app runs on, in build/app; sets APP to where its programs are.
ensure_app() {
  python_home "$ROOT/build/app" "$ROOT/app/requirements.txt" || return
  APP=$ROOT/build/app/bin
}

# The app, a browser with what drives it from Python, and a provider of logins, in build/provider: what it needs must not pass for the app's own.
ensure_browser() {
  ! command -v apt-get >/dev/null || install_packages chromium
  ensure_app && "$APP/pip" install -q --no-compile --disable-pip-version-check playwright && python_home "$ROOT/build/provider" "$ROOT/app/tests/requirements.txt"
}

# What connect/kafka is tested with: a Python with what the loader needs in build/kafka, and the broker's jars in
# build/kafka_jars. Where there is no Java or no Maven it says so and fails.
ensure_kafka() {
  local jars=$ROOT/build/kafka_jars
  has_maven || ! command -v apt-get >/dev/null || (install_packages default-jre-headless maven) || true
  has_maven || {
    say "there is no Java with Maven here, to run a broker of Kafka"
    return 1
  }
  if ! cmp -s test/kafka/pom.xml "$jars/pom.xml"; then
    rm -rf "$jars"
    mvn -q -B -f test/kafka/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars" >&2 && cp test/kafka/pom.xml "$jars/" || return
  fi
  python_home "$ROOT/build/kafka" "$ROOT/connect/kafka/requirements.txt"
}

has_maven() { command -v java >/dev/null && command -v mvn >/dev/null; }

# make_shop EVENTS : the demo's shop with as many events, or none, and the pipeline shop over it, in an empty database.
make_shop() {
  local table
  sql -c 'CREATE EXTENSION journey' -f "$ROOT/scripts/pipeline/0_input.sql"
  for table in tracks payments; do
    [ "$1" = 0 ] || "$ROOT/build/generate" "$table" --events "$1" --seed 1 | sql -c "COPY $table FROM STDIN"
  done
  sql -f "$ROOT/app/shop.sql"
}
