"""A pipeline beside SQL by hand over ranges of ids; a part of pipeline_cost.py."""

import statistics
import sys

# Sessions per visitor. By hand, where each event comes after all others and says whose it is: a statement takes the ids from the last that it took to the
# last that was given out, once all who write have ended, as pg_incremental does. A pipeline that is told whose they are; one that finds out from devices.
TABLES = """
CREATE TABLE cost.visits (number bigserial PRIMARY KEY, visitor text, device text, ts timestamptz);
INSERT INTO cost.visits (visitor, device, ts) SELECT visitor_id, anonymous_id, ts FROM cost.arrivals WHERE number <= {old} ORDER BY number;
CREATE TABLE cost.by_hand (visitor text PRIMARY KEY, sessions bigint NOT NULL, last_at timestamptz NOT NULL);
CREATE TABLE cost.taken (number bigint NOT NULL);
INSERT INTO cost.taken VALUES (0);
CREATE PROCEDURE cost.take_range() LANGUAGE plpgsql AS $$
DECLARE
  first bigint;
  last bigint;
BEGIN
  SELECT t.number + 1, pg_sequence_last_value('cost.visits_number_seq') INTO first, last FROM cost.taken AS t FOR UPDATE;
  LOCK TABLE cost.visits IN SHARE MODE;
  INSERT INTO cost.by_hand AS h (visitor, sessions, last_at)
  SELECT x.visitor, count(*) FILTER (WHERE x.opens), max(x.ts) FROM (
    SELECT v.visitor, v.ts, coalesce(v.ts - coalesce(lag(v.ts) OVER (PARTITION BY v.visitor ORDER BY v.ts), k.last_at) > interval '30 minutes', true) AS opens
    FROM cost.visits AS v LEFT JOIN cost.by_hand AS k USING (visitor) WHERE v.number BETWEEN first AND last) AS x
  GROUP BY x.visitor
  ON CONFLICT (visitor) DO UPDATE SET sessions = h.sessions + excluded.sessions, last_at = greatest(h.last_at, excluded.last_at);
  UPDATE cost.taken SET number = last;
END $$;
SELECT journey.create_pipeline(name, 'cost', targets => '{{visitors}}') FROM unnest('{{told,linked}}'::text[]) AS name;
SELECT count(*) FROM journey.add_source('told', 'cost.visits', ts => 'ts', user_id => 'visitor');
SELECT count(*) FROM journey.add_source('linked', 'cost.visits', ts => 'ts', anonymous_id => 'device', user_id => 'visitor');
"""
STEPS = {"by hand": "CALL cost.take_range();", "told": "CALL journey.refresh('told');", "linked": "CALL journey.refresh('linked');"}
# What the session has used of a processor so far, in nanoseconds; the system knows it once the session has slept.
USED = "SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1) FROM pg_sleep(0.001);"
PERSONS = """
CREATE TABLE cost.persons AS SELECT visitor, min(device) AS device, min(ts) AS since, row_number() OVER (ORDER BY min(number)) AS n FROM cost.visits GROUP BY visitor;
"""
NEXT = "INSERT INTO cost.visits (visitor, device, ts) SELECT visitor_id, anonymous_id, ts FROM cost.arrivals WHERE number > {old} AND number <= {old} + {rows} ORDER BY number;"
LATE = "INSERT INTO cost.visits (visitor, device, ts) SELECT visitor, device, since - interval '1 day' FROM cost.persons WHERE n = 3;"
MERGE = "INSERT INTO cost.visits (visitor, device, ts) SELECT b.visitor, a.device, (SELECT max(ts) FROM cost.visits) FROM cost.persons AS a, cost.persons AS b WHERE (a.n, b.n) = (1, 2);"
# How many visitors have another number of sessions than by plain SQL over all events.
WRONG = """
SELECT count(*) FROM (
  SELECT visitor, count(*) FILTER (WHERE opens) AS sessions FROM (
    SELECT visitor, coalesce(ts - lag(ts) OVER (PARTITION BY visitor ORDER BY ts) > interval '30 minutes', true) AS opens FROM ({visits}) AS v) AS x
  GROUP BY visitor) AS p FULL JOIN ({answer}) AS a (visitor, sessions) USING (visitor) WHERE p.sessions IS DISTINCT FROM a.sessions;
"""
VISITS = "SELECT visitor, ts FROM cost.visits"
MERGED = "SELECT CASE WHEN v.visitor = b.visitor THEN a.visitor ELSE v.visitor END AS visitor, v.ts FROM cost.visits AS v, cost.persons AS a, cost.persons AS b WHERE (a.n, b.n) = (1, 2)"
ANSWERS = ["SELECT visitor, sessions FROM cost.by_hand", *(f"SELECT visitor_id, journey.session_count(trail) FROM cost.{name}_visitors" for name in ("told", "linked"))]


def ranges(database, events, sizes=(1000, 10_000), times=3):
    """As fast where events only come after all others; right where they don't."""
    old = events - times * sum(sizes)
    database.sql(TABLES.format(old=old))
    database.add_indexes()
    database.sql("CALL journey.fill('told');\nCALL journey.fill('linked');\n" + "\n".join(STEPS.values()) + PERSONS + "VACUUM ANALYZE;")
    print(f"\n{'sessions per visitor':<24}" + "".join(f"{name:>10}" for name in STEPS) + f"{'of by hand':>16}")
    for rows in sizes:
        taken = {name: [] for name in STEPS}
        for n in range(times):
            names = [*STEPS][n % 3 :] + [*STEPS][: n % 3]  # each is the first to read the new rows once
            used = database.sql("\n".join([*STEPS.values(), NEXT.format(old=old, rows=rows), USED, *(STEPS[name] + USED for name in names)])).split()
            for name, before, after in zip(names, used, used[1:]):
                taken[name].append((int(after) - int(before)) / 1e9)
            old += rows
        medians = [statistics.median(seconds) for seconds in taken.values()]
        print(f"{f'{rows:,} events':<24}" + "".join(f"{seconds:>10.4f}" for seconds in medians) + "".join(f"{seconds / medians[0]:>8.2f}" for seconds in medians[1:]) + "  seconds of a processor")
    print("\nvisitors told wrong")
    for what, visit, visits, expected in (("appended", "", VISITS, [0, 0, 0]), ("a late event", LATE, VISITS, [1, 0, 0]), ("a merge", MERGE, MERGED, [3, 2, 0])):
        database.sql("\n".join([visit, *STEPS.values()]))
        wrong = [int(database.sql(WRONG.format(visits=visits, answer=answer))) for answer in ANSWERS]
        print(f"{what:<24}" + "".join(f"{count:>10}" for count in wrong))
        if wrong != expected:
            sys.exit(f"expected: {expected}")
