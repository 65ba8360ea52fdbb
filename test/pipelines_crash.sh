#!/usr/bin/env bash
# Pipelines on a server that is killed, with fsync: see pipelines_crash.py, which gets the arguments. A cluster of its own. Prints TAP.
source "$(dirname "$0")/../scripts/lib.sh"
ensure_build_tools
start_cluster >&2
printf 'fsync = on\nfull_page_writes = on\n' >>"$CLUSTER/data/postgresql.conf"
as_server pg_ctl -D "$CLUSTER/data" -l "$CLUSTER/socket/server.log" -m fast -w restart >/dev/null
# How the program starts the server again.
{
  declare -f server_user as_server_user
  printf 'as_server_user %q -D %q -l %q -w start\n' "$CLUSTER$PG_BIN/pg_ctl" "$CLUSTER/data" "$CLUSTER/socket/server.log"
} >"$CLUSTER/start"
python3 test/pipelines_crash.py --psql "$PG_BIN/psql" --start "bash $CLUSTER/start" "$@"
