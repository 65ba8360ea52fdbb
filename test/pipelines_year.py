"""A year of a pipeline: every day a batch of events, some of them late, changed, deleted, and devices that turn out to be somebody's; persons
are erased; at the month's end come partitions; half-way the rule is changed by swap, and later all is restored from a dump into another
cluster. In the end all must be as a rebuild makes it, the tables hardly larger than their rows, and a refresh no more work than at first for as much
history of those it is about: the same people come all year, so theirs grows.

Prints TAP, and how long refreshes took, which nothing is asserted of; exits non-zero on any failure.
"""

import argparse
import atexit
import pathlib
import shutil
import statistics
import subprocess
import time

from cluster import Cluster
from tap import Tap

parser = argparse.ArgumentParser()
parser.add_argument("--psql", default="psql")
parser.add_argument("--days", type=int, default=10)
parser.add_argument("--people", type=int, default=1000)
parser.add_argument("--events", type=int, default=300, help="a day")
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
DATABASE = "pipelines_year"
TARGETS = "{all_sessions,useful_sessions,conversions,attribution,attribution_credits,customer_360,rfm}"
VIEWS = "trails links aliases visitors conversions all_sessions useful_sessions attribution attribution_credits rfm".split()
tap = Tap()

WORLD = f"""
SET client_min_messages = error;
CREATE EXTENSION journey;
CREATE SCHEMA year;
CREATE TABLE year.events (id text, device text, user_id text, event text, ts timestamptz, page text, referrer text) PARTITION BY RANGE (ts);
CREATE TABLE year.orders (id text, customer text, paid_at timestamptz, amount numeric);
CREATE TABLE year.erased (person text);
-- The partition of a month, if there is none; half a year of them is there from the start.
CREATE FUNCTION year.partition(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE IF NOT EXISTS year.events_%s PARTITION OF year.events FOR VALUES FROM (%L) TO (%L)', to_char(month, 'YYYYMM'), date_trunc('month', month), date_trunc('month', month) + interval '1 month');
END $$;
SELECT year.partition('2025-01-01'::timestamptz - n * interval '1 month') FROM generate_series(-2, 5) AS n;
CREATE FUNCTION year.page(dice float8) RETURNS text LANGUAGE sql RETURN CASE WHEN dice < 0.1 THEN '/?utm_source=news&utm_medium=email' WHEN dice < 0.2 THEN '/p?gclid=1' WHEN dice < 0.4 THEN '/blog/a' ELSE '/p' || floor(dice * 20) END;
-- Visits between two times: a person has two devices, and says who it is on every tenth page; each visit is a few pages.
CREATE PROCEDURE year.visits(since timestamptz, until timestamptz, n int) LANGUAGE sql AS $$
  INSERT INTO year.events
  SELECT 'e' || md5(random()::text), 'd' || v.person || '-' || v.device, CASE WHEN random() < 0.1 THEN 'u' || v.person END, CASE WHEN random() < 0.004 THEN 'Signed Up' ELSE 'page' END,
    v.at + p * interval '7 minutes' * random(), year.page(random()), CASE WHEN p = 1 AND random() < 0.5 THEN 'https://www.google.com/' END
  FROM (SELECT floor(random() ^ 1.3 * {options.people})::int AS person, floor(random() * 2)::int AS device, since + random() * (until - since) AS at FROM generate_series(1, n / 3)) AS v, generate_series(1, 3) AS p;
  INSERT INTO year.orders SELECT 'o' || md5(random()::text), 'u' || floor(random() * {options.people})::int, since + random() * (until - since), round((random() * 100)::numeric, 2) FROM generate_series(1, n / 50)
$$;
CREATE PROCEDURE year.day(today timestamptz, n int) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM year.partition(today + interval '2 months');
  CALL year.visits(today, today + interval '1 day', n * 9 / 10);
  CALL year.visits(today - interval '1 day', today, n / 15);      -- late by a day
  CALL year.visits(today - interval '60 days', today, n / 30);    -- and by more
  INSERT INTO year.events SELECT id, device, user_id, event, ts + interval '1 hour', page, referrer FROM year.events WHERE ts >= today AND random() < 0.01;  -- told twice
  UPDATE year.events SET user_id = 'u' || floor(random() * {options.people})::int WHERE ts >= today - interval '3 days' AND user_id IS NOT NULL AND random() < 0.01;
  INSERT INTO year.events SELECT 'late' || md5(random()::text), person, NULL, 'page', today - random() * interval '20 days', '/', NULL FROM year.erased WHERE person LIKE 'd%' ORDER BY random() LIMIT 2;
  DELETE FROM year.events WHERE ts >= today - interval '30 days' AND random() < 0.0005;
  UPDATE year.orders SET amount = amount + 1 WHERE paid_at >= today - interval '14 days' AND random() < 0.02;
END $$;
CREATE PROCEDURE year.erase() LANGUAGE plpgsql AS $$
DECLARE
  who text := (SELECT visitor_id FROM year.web_visitors WHERE members < 8 ORDER BY md5(visitor_id || random()) LIMIT 1);
BEGIN
  INSERT INTO year.erased SELECT alias FROM year.web_aliases WHERE visitor_id = who;
  PERFORM journey.erase('web', who, dry_run => false);
END $$;
CREATE PROCEDURE year.declare(name text, rule interval) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  PERFORM journey.create_pipeline(name, 'year', rule => journey.session_rule(rule), targets => '{TARGETS}');
  FOR statement IN
    SELECT journey.add_source(name, 'year.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', event => 'event', page_url => 'page', referrer => 'referrer',
      conversions => $q${{"sign_up": {{"when": "event = 'Signed Up'"}}}}$q$)
    UNION ALL
    SELECT journey.add_source(name, 'year.orders', ts => 'paid_at', event_id => 'id', user_id => 'customer', passive => 'true', conversions => '{{"order": {{"value": "amount"}}}}')
  LOOP
    IF statement LIKE 'CREATE INDEX%' THEN EXECUTE replace(statement, 'CONCURRENTLY ', ''); END IF;
  END LOOP;
END $$;
SELECT setseed({options.seed % 1000} / 1000.0);
CALL year.visits('2024-11-01', '2025-01-22', {options.events * 20});
ANALYZE;
CALL year.declare('web', '30 minutes');
CALL journey.fill('web');
CALL journey.refresh('web');
"""

# How a table's size compares with that of its rows, written once.
SIZES = """
SET client_min_messages = error;
DO $do$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT c.oid::regclass AS name, c.reloptions FROM pg_class AS c JOIN journey.pipelines AS p ON p.name = 'web'
    WHERE c.relnamespace = 'year'::regnamespace AND c.relkind = 'r' AND starts_with(c.relname, p.tables || '_') AND pg_relation_size(c.oid) > 64 * 8192 LOOP
    EXECUTE format('CREATE TEMP TABLE packed%s AS SELECT * FROM %s', ' WITH (' || array_to_string(t.reloptions, ', ') || ')', t.name);
    INSERT INTO sizes VALUES (t.name, pg_relation_size(t.name) / pg_relation_size('packed')::float8, pg_relation_size(t.name));
    DROP TABLE packed;
  END LOOP;
END $do$;
"""


environment = None  # of the cluster that it is in


def psql(script, database=DATABASE):
    done = subprocess.run([options.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database], input=script, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"Bail out! {done.stderr}")
    return done.stdout.splitlines()


def vacuum():
    """What autovacuum does between two days, had it the time."""
    psql("SELECT format('VACUUM ANALYZE %s', c.oid::regclass) FROM pg_class c WHERE c.relnamespace = 'year'::regnamespace AND c.relkind = 'r' \\gexec")


def counted():
    """The pages of tables and indexes that all sessions have read so far, and the visitors whose targets were made."""
    return [int(psql(query)[0]) for query in (
        "SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint FROM pg_statio_user_tables WHERE schemaname = 'year';",
        "SELECT sum(visitors) FROM journey.runs;")]


def restore():
    """All of it in another cluster, as of now; the events of there come on before anybody resumes."""
    other = Cluster(options.psql)
    atexit.register(other.stop)
    programs = pathlib.Path(shutil.which(options.psql)).parent
    dump = other.place / "year.dump"
    subprocess.run([programs / "pg_dump", "-Fc", "-f", dump, DATABASE], check=True)
    other.sql(f'CREATE DATABASE "{DATABASE}";')
    tap.none(other.run(programs / "pg_restore", "-d", DATABASE, "--exit-on-error", dump)[1], "a dump is restored into another cluster")
    psql(f'DROP DATABASE "{DATABASE}";', "postgres")
    return other.environment


psql(f'DROP DATABASE IF EXISTS "{DATABASE}";\nCREATE DATABASE "{DATABASE}";', "postgres")
psql(WORLD)
vacuum()
seconds, work, erased = [], [], 0
for day in range(options.days):
    psql(f"SELECT setseed({(options.seed * 7919 + day) % 1000} / 1000.0);\nCALL year.day(timestamptz '2025-01-22' + {day} * interval '1 day', {options.events});")
    if day == options.days * 3 // 4:
        psql("SELECT journey.resume('web');")
    before = counted()
    began = time.monotonic()
    psql("CALL journey.refresh('web');")
    seconds.append(time.monotonic() - began)
    read, visitors = (now - then for now, then in zip(counted(), before))
    trails = float(psql("SELECT (SELECT count(*) FROM year.web_trails) / (SELECT count(*) FROM year.web_visitors)::float8;")[0])
    work.append(read / max(visitors, 1) / trails)
    if day % max(3, options.days // 30) == 2:
        psql(f"SELECT setseed({day % 1000} / 1000.0);\nCALL year.erase();")
        erased += 1
    if day == options.days // 2:
        psql("CALL year.declare('next', '2 hours');\nCALL journey.fill('next');\nCALL journey.swap('web', 'next');\nSELECT journey.drop_pipeline('next', keep_tables => false);")
    if day == options.days * 3 // 4 - 1:
        environment = restore()
    vacuum()
psql("CALL journey.refresh('web');")
psql("CALL year.declare('fresh', '2 hours');\nCALL journey.fill('fresh');\nCALL journey.refresh('fresh');")
for view in VIEWS:
    columns = "array_to_string(ARRAY(SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'year.web_{0}'::regclass AND attnum > 0 AND attname <> 'days_since_last_order' ORDER BY attnum), ', ')".format(view)
    names = psql(f"SELECT {columns};")[0]
    both = f"SELECT {names} FROM year.web_{view}", f"SELECT {names} FROM year.fresh_{view}"
    wrong = psql(f"SELECT 'extra ' || x::text FROM ({both[0]} EXCEPT ALL {both[1]}) AS x UNION ALL SELECT 'missing ' || x::text FROM ({both[1]} EXCEPT ALL {both[0]}) AS x LIMIT 5;")
    rows = int(psql(f"SELECT count(*) FROM year.web_{view};")[0])
    tap.ok(not wrong and rows > 0, f"after {options.days} days {view} is as a rebuild makes it: {rows} rows", "\n".join(wrong))
tap.none(psql("SELECT person FROM year.erased AS e WHERE EXISTS (SELECT FROM year.web_aliases AS a WHERE a.alias = e.person) LIMIT 5;"), f"{erased} persons who were erased are in none of it")
tap.ok(psql("SELECT sum(later_rows) > 0 FROM journey.erased;") == ["t"], "though rows of theirs came")
tap.ok(psql("SELECT stale || ' ' || filled FROM journey.progress WHERE pipeline = 'web' AND stale = 0 AND filled = slices;"), "nothing is left to be done")
vacuum()
sizes = psql("CREATE TEMP TABLE sizes (name text, share float8, bytes bigint);\n" + SIZES + "SELECT name || ' ' || round(share::numeric, 2) FROM sizes WHERE share > 1.3;\nSELECT 'tables: ' || count(*) || ', the loosest ' || round(max(share)::numeric, 2) FROM sizes;")
tap.none(sizes[:-1], f"no table is larger than 1.3 times its rows ({sizes[-1]})")
tenth = max(1, options.days // 10)
print(f"# a refresh: {statistics.median(seconds[:tenth]) * 1000:.0f} ms in the first tenth, {statistics.median(seconds[-tenth:]) * 1000:.0f} ms in the last (medians)")
first, last = statistics.median(work[:tenth]), statistics.median(work[-tenth:])
tap.ok(last <= 2 * first, f"a refresh is hardly more work: {first:.1f} pages read for each trail of a visitor in the first tenth, {last:.1f} in the last (medians)", [round(pages, 1) for pages in work])
tap.finish()
