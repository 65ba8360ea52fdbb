"""A pipeline that is dumped and restored into another cluster, whose transactions have other numbers, goes on there: after resume it is
as a rebuild, with what came before the dump and was not yet refreshed, what was written before resume, and what comes after. So does one that pg_upgrade takes along.
With --programs the first cluster is one of another version, by the programs in that folder.

Prints TAP; exits non-zero on any failure.
"""

import argparse
import pathlib
import subprocess

from cluster import Cluster
from tap import Tap

parser = argparse.ArgumentParser()
parser.add_argument("--psql", type=pathlib.Path, default=pathlib.Path("psql"))
parser.add_argument("--programs", type=pathlib.Path)
options = parser.parse_args()
PROGRAMS = pathlib.Path(subprocess.run(["sh", "-c", f'dirname "$(command -v {options.psql})"'], capture_output=True, text=True, check=True).stdout.strip())
DATABASE = "shop"
tap = Tap()

DECLARE = """
CREATE EXTENSION journey;
CREATE SCHEMA shop;
CREATE TABLE shop.events (event_id text, device text, user_id text, ts timestamptz, page text) PARTITION BY RANGE (ts);
CREATE TABLE shop.january PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE shop.february PARTITION OF shop.events FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE TABLE shop.orders (gone int, order_id int, customer text, paid_at timestamptz, amount numeric);
ALTER TABLE shop.orders DROP COLUMN gone;
"""
PIPELINE = """
SELECT journey.create_pipeline('{name}', 'shop', targets => enum_range(NULL::journey.pipeline_target)) \\g /dev/null
SELECT count(*) FROM journey.add_source('{name}', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'user_id', page_url => 'page') \\g /dev/null
SELECT count(*) FROM journey.add_source('{name}', 'shop.orders', ts => 'paid_at', event_id => 'order_id', user_id => 'customer', passive => 'true', conversions => '{{"order": {{"value": "amount"}}}}', changes => 'trigger') \\g /dev/null
"""
EVENTS = """INSERT INTO shop.events (event_id, device, user_id, ts, page)
  SELECT '{kind}' || n, 'd' || (n * {step}) % {devices}, CASE WHEN n % 7 = 0 THEN 'u' || n % 9 END, timestamptz '2025-01-10' + n * interval '3 hours', '/' || n FROM generate_series(1, {rows}) AS n;
INSERT INTO shop.orders (order_id, customer, paid_at, amount) SELECT n, 'u' || n % 9, timestamptz '2025-01-12' + n * interval '1 day', n FROM generate_series({first}, {first} + 9) AS n;
"""
VIEWS = "trails links aliases visitors conversions all_sessions attribution attribution_credits rfm customer_360".split()


def as_rebuild(sql, what):
    """Each view of the pipeline as those of one that is filled now."""
    sql(PIPELINE.format(name="fresh") + "CALL journey.fill('fresh');\nCALL journey.refresh('fresh');")
    wrong = []
    for view in VIEWS:
        columns = sql(f"SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'shop.web_{view}'::regclass AND attnum > 0 AND attname <> 'days_since_last_order'")
        wrong += sql(f"SELECT left('{view} ' || x::text, 200) FROM ((SELECT {columns} FROM shop.web_{view} EXCEPT ALL SELECT {columns} FROM shop.fresh_{view}) UNION ALL (SELECT {columns} FROM shop.fresh_{view} EXCEPT ALL SELECT {columns} FROM shop.web_{view})) AS x LIMIT 1").splitlines()
    events = int(sql("SELECT coalesce(sum(journey.event_count(trail)), 0) FROM shop.web_visitors"))
    sql("SELECT count(*) FROM journey.drop_pipeline('fresh', keep_tables => false);")
    tap.ok(not wrong and events > 0, f"{what}: as a rebuild", "\n".join(wrong) or "no events")
    return events


def goes_on(cluster, what, round=1):
    """The pipeline of a cluster that it came to is resumed while more is written; then all must be right."""
    sql = lambda script: cluster.sql(script, DATABASE)
    # The app is back before anybody thinks of the pipeline.
    sql(EVENTS.format(kind=f"app{round}", step=3, devices=5, rows=50, first=100 * round) + "UPDATE shop.events SET device = 'moved' WHERE event_id = 'a3';")
    out, errors = cluster.run(cluster.psql, "-XqAt", "-d", DATABASE, "-c", "CALL journey.refresh('web')")
    tap.ok(errors == ['ERROR:  pipeline "web" comes from another cluster, whose transactions had other numbers'], f"{what}: a refresh stops", errors)
    tap.ok(sql("SELECT command FROM journey.health() WHERE check_name = 'cluster' AND NOT ok") == "SELECT journey.resume('web')", f"{what}: health says what to do")
    # Nothing may depend on the order that a hash join gives rows in.
    sql("SET enable_hashjoin = off;\nSELECT command FROM journey.health() WHERE check_name = 'cluster' AND NOT ok \\gexec\nCALL journey.refresh('web');")
    read, there = map(int, sql("SELECT places, (SELECT count(*) FROM shop.web_links) FROM journey.runs ORDER BY run DESC LIMIT 1").split("|"))
    before = int(sql("SELECT sum(journey.event_count(trail)) FROM shop.web_visitors"))
    sql(EVENTS.format(kind=f"later{round}", step=5, devices=5, rows=50, first=100 * round + 50) + f"DELETE FROM shop.events WHERE event_id = 'a{3 + round}';\nCALL journey.refresh('web');")
    tap.none(sql("SELECT * FROM journey.verify('web', 1)").splitlines(), f"{what}: verify finds nothing")
    after = as_rebuild(sql, f"{what}, resumed, and with what came before and after")
    tap.ok(after == before + 50 - 1, f"{what}: which is all there", (before, after))
    tap.ok(sql("SELECT string_agg(value, ', ') FROM journey.health('web') WHERE NOT ok AND check_name NOT IN ('partitions', 'slots')") == "", f"{what}: health has no complaint",
      sql("SELECT string_agg(value, ', ') FROM journey.health('web') WHERE NOT ok"))
    return sql, read, there


def restored(cluster, what, *steps, round=1):
    """The same of a database that steps of pg_restore make."""
    cluster.sql(f"DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE};")
    for step in steps:
        tap.none(cluster.run(PROGRAMS / "pg_restore", "-d", DATABASE, "--exit-on-error", *step)[1][:5], f"{what}: it restores")
    return goes_on(cluster, what, round)


def programs_of(cluster):
    """All in one folder, as pg_upgrade wants them: the cluster's own, which know their installation, and the others."""
    folder = cluster.place / "programs"
    folder.mkdir()
    for program in PROGRAMS.iterdir():
        own = cluster.programs / program.name
        (folder / program.name).symlink_to(own if own.exists() else program)
    return folder


first = Cluster(options.psql, programs=options.programs)
other = Cluster(options.psql, ["max_prepared_transactions = 20"])
third = Cluster(options.psql)
try:
    # Numbers of transactions that the other clusters are far from.
    first.sql("CREATE TABLE used (n int);\nDO $$ BEGIN FOR n IN 1 .. 3000 LOOP INSERT INTO used VALUES (n); COMMIT; END LOOP; END $$;\nDROP TABLE used;")
    first.sql(f"CREATE DATABASE {DATABASE};")
    first.sql(DECLARE + PIPELINE.format(name="web") + EVENTS.format(kind="a", step=1, devices=40, rows=200, first=1) + "CALL journey.fill('web');\nCALL journey.refresh('web');", DATABASE)
    # Committed, but not refreshed; with marks that wait.
    first.sql(EVENTS.format(kind="b", step=2, devices=5, rows=30, first=50) + "UPDATE shop.events SET user_id = 'u1' WHERE event_id IN ('a1', 'a2');\nDELETE FROM shop.orders WHERE order_id = 2;", DATABASE)
    plain = other.place / "plain.dump"
    tap.none(first.run(PROGRAMS / "pg_dump", "-Fc", "-f", plain, DATABASE)[1], f"PostgreSQL {first.sql('SHOW server_version')} is dumped for {other.sql('SHOW server_version')}")
    sql, read, there = restored(other, "a dump", [plain])
    tap.ok(0 < read < there / 2, "history is not read again", (read, there))

    # From there on: the offset is added to.
    again = third.place / "again.dump"
    tap.none(other.run(PROGRAMS / "pg_dump", "-Fc", "-f", again, DATABASE)[1], "what went on is dumped again")
    sql, *_ = restored(third, "a dump of the restored one", [again], round=2)
    tap.ok(sql("SELECT count(*) FROM journey.source_columns") == "2", "the column has an offset for each cluster that it came to")

    # The schema first, the data later, with triggers off meanwhile.
    restored(other, "a data-only restore", ["--section=pre-data", "--section=post-data", plain], ["--single-transaction", "--data-only", "--disable-triggers", plain])

    if (PROGRAMS / "pg_upgrade").exists():
        upgraded = Cluster(options.psql)
        try:
            for cluster in first, upgraded:
                cluster.shut_down()
            programs = programs_of(upgraded)
            upgraded.server(programs / "pg_upgrade", "-U", "analyst", "-b", options.programs or programs, "-B", programs, "-d", first.place / "data", "-D", upgraded.place / "data")
            upgraded.start()
            sql, read, there = goes_on(upgraded, "pg_upgrade")
            tap.ok(0 < read < there / 2, "pg_upgrade: history is not read again", (read, there))
            tap.ok(sql("SELECT count(*) FROM journey.source_columns WHERE number_offset <> 0") == "0", "pg_upgrade: numbers go on")
        finally:
            upgraded.stop()
    else:
        tap.skip("pg_upgrade", "this server's packages bring none")
finally:
    for cluster in first, other, third:
        cluster.stop()
tap.finish()
