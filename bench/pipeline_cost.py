"""What a pipeline costs: whole, with what is new, for those who insert, beside SQL over ranges of ids, and with items. Runs in the database that PGDATABASE names."""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys

from pipeline_items import items
from pipeline_ranges import ranges

ROOT = pathlib.Path(__file__).parent.parent
# Events arrive as they happen; the last ones are kept back.
ARRIVALS = """
CREATE SCHEMA cost;
CREATE TABLE cost.arrivals AS SELECT event_id::text, visitor_id, anonymous_id, user_id, event, ts, page_url, referrer, row_number() OVER (ORDER BY ts, event_id) AS number FROM events;
CREATE INDEX ON cost.arrivals (number);
"""
TRACKS = """
CREATE TABLE cost.tracks AS SELECT event_id, anonymous_id, user_id, event, ts, page_url, referrer FROM cost.arrivals WHERE number <= {old};
SELECT journey.create_pipeline('cost', 'cost', own_hosts => '{{shop.example}}');
SELECT count(*) FROM journey.add_source('cost', 'cost.tracks', ts => 'ts', event_id => 'event_id', anonymous_id => 'anonymous_id', user_id => 'user_id', event => 'event', page_url => 'page_url',
  referrer => 'referrer', conversions => $${{"sign_up": {{"when": "event = 'cart'"}}, "order": {{"when": "event = 'order'", "value": "20.0"}}}}$$);
"""
AGGREGATE = """SELECT count(*), sum(journey.event_count(trail)) FROM (SELECT journey.trail(ts, '30 minutes', journey.touch(ts, page_url, referrer, '{shop.example}'), page_url, event = 'cart') AS trail FROM cost.tracks GROUP BY date_trunc('month', ts), anonymous_id, user_id) AS t;"""
REFRESH = "CALL journey.refresh('cost');"
NEXT = "INSERT INTO cost.tracks SELECT event_id, anonymous_id, user_id, event, ts, page_url, referrer FROM cost.arrivals WHERE number > {old} AND number <= {old} + {rows};"
COLUMNS = "(event_id, anonymous_id, user_id, event, ts, page_url, referrer)"
# Somebody's device is used by another user; an event of the first day comes; one is changed; one is deleted.
MERGE = f"INSERT INTO cost.tracks {COLUMNS} SELECT 'merge ' || {{n}}, a.anonymous_id, b.user_id, 'page', a.ts, a.page_url, NULL FROM cost.arrivals AS a, cost.arrivals AS b WHERE a.number = {{n}} * 7 AND b.number = (SELECT min(number) FROM cost.arrivals WHERE number > {{n}} * 11 + 1000 AND user_id IS NOT NULL);"
LATE = f"INSERT INTO cost.tracks {COLUMNS} SELECT 'late ' || {{n}}, anonymous_id, NULL, 'page', '2025-01-01 12:00Z', page_url, NULL FROM cost.arrivals WHERE number = {{n}} * 13 + 500;"
UPDATE = "UPDATE cost.tracks SET event = 'cart' WHERE event_id = (SELECT event_id FROM cost.arrivals WHERE number = {n} * 17 + 700);"
DELETE = "DELETE FROM cost.tracks WHERE event_id = (SELECT event_id FROM cost.arrivals WHERE number = {n} * 19 + 900);"

# Tables with a primary key and two more indexes: as they are, and as sources of a pipeline.
WRITERS = """
SELECT journey.create_pipeline('writers', 'cost', targets => '{visitors}');
CREATE TABLE cost.plain (id bigint PRIMARY KEY, device text, ts timestamptz, page text);
CREATE INDEX ON cost.plain (ts); CREATE INDEX ON cost.plain (device, ts);
CREATE TABLE cost.with_column (LIKE cost.plain INCLUDING ALL);
CREATE TABLE cost.with_trigger (LIKE cost.plain INCLUDING ALL);
SELECT count(*) FROM journey.add_source('writers', 'cost.with_column', ts => 'ts', anonymous_id => 'device');
SELECT count(*) FROM journey.add_source('writers', 'cost.with_trigger', ts => 'ts', anonymous_id => 'device', changes => 'trigger');
"""
WRITE = "INSERT INTO cost.{table} (id, device, ts, page) SELECT n, 'd' || n % 9000, timestamptz '2025-01-01Z' + n * interval '1 second', 'https://shop.example/' FROM generate_series({number} * 100000 + 1, {number} * 100000 + 100000) AS n;"


class Database:
    def __init__(self, psql, events):
        self.command = [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", f"events={events}", "-v", "seed=1", "-f", "-"]

    def sql(self, text):
        done = subprocess.run(self.command, input="SET client_min_messages = warning;\n" + text, text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        return done.stdout

    def seconds(self, steps, warm_up=""):
        """Of each second step of (before, timed) pairs, in one session."""
        script = warm_up + "".join(f"\n{before}\n\\timing on\n{timed}\n\\timing off" for before, timed in steps)
        return [float(time) / 1000 for time in re.findall(r"^Time: ([0-9.]+) ms", self.sql(script), re.M)]

    def add_indexes(self):
        """Those that the sources want."""
        self.sql("SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \\gexec\nVACUUM ANALYZE;")


def refreshes(database, events):
    """The fill and first refresh, and refreshes of what is new or changed."""
    old = events - 4000 - 3 * (events // 100)
    database.sql(TRACKS.format(old=old))
    database.add_indexes()
    plain, *whole = database.seconds([("", AGGREGATE), ("", "CALL journey.fill('cost');"), ("", REFRESH)])
    rebuild = sum(whole)
    database.sql("VACUUM ANALYZE;")
    print(f"{'':<24}{'seconds':>10}{'of a rebuild':>14}  goal")
    print(f"{'plain aggregate':<24}{plain:>10.3f}{plain / rebuild:>14.4f}")
    print(f"{'fill':<24}{whole[0]:>10.3f}{whole[0] / rebuild:>14.4f}  <= {plain / 0.8:.3f} s, {plain / 0.8 / rebuild:.4f}")
    print(f"{'first refresh':<24}{whole[1]:>10.3f}{whole[1] / rebuild:>14.4f}")
    for name, change, rows, times, goal in (
        ("no news", "", 0, 20, "0.005 s"),
        ("1 event", NEXT, 1, 20, "0.010 s"),
        ("100 events", NEXT, 100, 5, ""),
        ("1,000 events", NEXT, 1000, 3, "0.080 s"),
        ("1 % new", NEXT, events // 100, 3, "0.02 of a rebuild"),
        ("a merge", MERGE, 0, 10, ""),
        ("a late event", LATE, 0, 10, ""),
        ("an update", UPDATE, 0, 10, ""),
        ("a delete", DELETE, 0, 10, ""),
    ):
        steps = [(change.format(old=old + n * rows, rows=rows, n=n + 1), REFRESH) for n in range(times)]
        old += rows * times
        median = statistics.median(database.seconds(steps, REFRESH))
        print(f"{name:<24}{median:>10.4f}{median / rebuild:>14.4f}  {'<= ' + goal if goal else ''}")


def writers(database, _):
    """What those pay who insert."""
    database.sql(WRITERS)
    tables = ("plain", "with_column", "with_trigger")
    taken = database.seconds([("CHECKPOINT;", WRITE.format(table=table, number=number)) for number in range(5) for table in tables])
    insert = {table: statistics.median(taken[place :: len(tables)]) for place, table in enumerate(tables)}
    print(f"\n{'100,000 rows inserted':<24}{'seconds':>10}{'of plain':>14}  goal")
    for table, goal in zip(tables, ("", "<= 1.12", "<= 1.25")):
        print(f"{table:<24}{insert[table]:>10.3f}{insert[table] / insert['plain']:>14.3f}  {goal}")


PARTS = {"refreshes": refreshes, "writers": writers, "ranges": ranges, "items": items}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--psql", default="psql")
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--parts", nargs="+", default=[*PARTS], choices=[*PARTS])
    options = arguments.parse_args()
    if options.events < 40_000:
        arguments.error("--events must be at least 40000")
    database = Database(options.psql, options.events)
    database.sql((ROOT / "bench" / "events.sql").read_text() + ARRIVALS)
    for part in options.parts:
        PARTS[part](database, options.events)


if __name__ == "__main__":
    main()
