#!/usr/bin/env bash
# Pipelines beside a managed database, as docs/hosts.md says: a server without the extension publishes its events, one with it
# subscribes, keeps the tables, and is read back. Makes two clusters of its own. Prints TAP.
source "$(dirname "$0")/../scripts/lib.sh"
ensure_build_tools
start_cluster >&2

count=0 failures=0
check() { # check NAME EXPECTED FOUND
  count=$((count + 1))
  if [ "$2" = "$3" ]; then echo "ok $count - $1"; else
    failures=$((failures + 1))
    printf 'not ok %s - %s\n' "$count" "$1"
    printf 'expected:\n%s\nfound:\n%s\n' "$2" "$3" | sed 's/^/# /'
  fi
}

# The managed server: nothing but logical replication is asked of it.
mkdir "$CLUSTER/managed" "$CLUSTER/managed_socket"
if [ "$(id -u)" = 0 ]; then chown -R "$(server_user)" "$CLUSTER/managed" "$CLUSTER/managed_socket"; fi
as_server initdb -D "$CLUSTER/managed" -U analyst -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$CLUSTER/initdb.log" 2>&1
cat >>"$CLUSTER/managed/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$CLUSTER/managed_socket'
fsync = off
shared_buffers = 32MB
timezone = 'UTC'
wal_level = logical
CONF
stop_managed() { as_server pg_ctl -D "$CLUSTER/managed" -m immediate stop >/dev/null 2>&1 || true; }
trap 'status=$?; stop_managed; (exit $status); stop_cluster' EXIT
as_server pg_ctl -D "$CLUSTER/managed" -l "$CLUSTER/managed_socket/server.log" -w start >/dev/null

MANAGED=$CLUSTER/managed_socket
managed() { PGHOST=$MANAGED sql -At -d shop "$@"; }
own() { sql -At -d shop "$@"; }
PGHOST=$MANAGED sql -c 'CREATE DATABASE shop'
sql -c 'CREATE DATABASE shop'
EVENTS='CREATE SCHEMA app; CREATE TABLE app.events (id text PRIMARY KEY, anonymous_id text, user_id text, event text, ts timestamptz, page_url text, referrer text)'
managed -c "$EVENTS" -c 'CREATE PUBLICATION events FOR TABLE app.events' -c "INSERT INTO app.events VALUES
  ('e1', 'phone', NULL, 'Page Viewed', '2025-03-01 09:00Z', 'https://shop.example/?utm_source=news&utm_medium=email', NULL),
  ('e2', 'laptop', NULL, 'Page Viewed', '2025-03-03 20:00Z', 'https://shop.example/', 'https://www.google.com/'),
  ('e3', 'laptop', 'ann', 'Signed Up', '2025-03-03 20:10Z', 'https://shop.example/welcome', NULL),
  ('e4', 'other', NULL, 'Page Viewed', '2025-03-03 20:10Z', 'https://shop.example/welcome', NULL)"

# caught_up : waits until the subscriber has all that the publisher has written.
caught_up() {
  local at
  at=$(managed -c 'SELECT pg_current_wal_lsn()')
  for _ in $(seq 300); do
    [ "$(managed -c "SELECT bool_and(replay_lsn >= '$at') FROM pg_stat_replication WHERE application_name = 'events'")" = t ] &&
      [ "$(own -c "SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel")" = t ] && return
    sleep 0.1
  done
  echo "# the subscriber does not catch up"
}

own -c 'CREATE EXTENSION journey' -c "$EVENTS" -c 'CREATE SCHEMA analytics'
own -c "CREATE SUBSCRIPTION events CONNECTION 'host=$MANAGED dbname=shop user=analyst' PUBLICATION events" 2>/dev/null
for changes in column trigger; do
  own >/dev/null 2>&1 <<SQL
SELECT journey.create_pipeline('by_$changes', schema => 'analytics', targets => '{attribution,all_sessions}');
SELECT journey.add_source('by_$changes', 'app.events', changes => '$changes', ts => 'ts', event_id => 'id', anonymous_id => 'anonymous_id', user_id => 'user_id',
  event => 'event', page_url => 'page_url', referrer => 'referrer', conversions => '{"sign_up": {"when": "event = ''Signed Up''"}}');
SELECT n.statement FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \gexec
SQL
done
caught_up
for changes in column trigger; do own -c "CALL journey.fill('by_$changes')" -c "CALL journey.refresh('by_$changes')"; done
ANSWER='SELECT visitor_id, sessions_before_sign_up, first_touch_channel, last_touch_channel FROM analytics.by_column_attribution ORDER BY 1'
check 'what was there is copied and filled' 'ann|1|Organic Search|Organic Search' "$(own -c "$ANSWER" | grep ann)"

managed -c "CREATE EXTENSION postgres_fdw; CREATE SERVER journeys FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$CLUSTER/socket', dbname 'shop');
  CREATE USER MAPPING FOR CURRENT_USER SERVER journeys OPTIONS (user 'analyst'); CREATE SCHEMA analytics;
  IMPORT FOREIGN SCHEMA analytics LIMIT TO (by_column_attribution, by_trigger_attribution) FROM SERVER journeys INTO analytics"
managed -c "INSERT INTO app.events VALUES ('e5', 'phone', 'ann', 'Signed In', '2025-03-06 08:00Z', 'https://shop.example/account', NULL)" \
  -c "UPDATE app.events SET ts = '2025-03-02 10:00Z', page_url = 'https://shop.example/?gclid=1' WHERE id = 'e2'" -c "DELETE FROM app.events WHERE id = 'e4'"
caught_up
for changes in column trigger; do own -c "CALL journey.refresh('by_$changes')"; done
check 'rows that come, change and go are in what the managed server reads' 'ann|3|Email|Direct' "$(managed -c "$ANSWER")"
check 'and by triggers as by the column' "$(managed -c "$ANSWER")" "$(managed -c "${ANSWER/by_column/by_trigger}")"
managed -c "INSERT INTO app.events SELECT 'm' || n, 'v' || n % 50, NULL, 'Page Viewed', '2025-03-01Z'::timestamptz + n * interval '7 minutes', 'https://shop.example/', NULL FROM generate_series(1, 2000) AS n"
managed -c "UPDATE app.events SET user_id = 'u' || right(anonymous_id, 1), event = 'Signed Up' WHERE id LIKE 'm%7'"
caught_up
for changes in column trigger; do own -c "CALL journey.refresh('by_$changes')"; done
kept=$(own -c 'SELECT md5(string_agg(s::text, chr(10) ORDER BY s::text)), count(*) FROM analytics.by_column_all_sessions AS s')
own -c "CALL journey.rebuild('by_column')"
check 'a refresh is what a rebuild gives' "$(own -c 'SELECT md5(string_agg(s::text, chr(10) ORDER BY s::text)), count(*) FROM analytics.by_column_all_sessions AS s')" "$kept"

own -c 'DROP SUBSCRIPTION events' 2>/dev/null
echo "1..$count"
[ "$failures" = 0 ]
