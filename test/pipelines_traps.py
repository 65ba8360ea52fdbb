"""Pipelines: what goes wrong in other designs, a case each. With the rules as they are every case ends right; with the rule that is there for
it taken away (--rules), by its text in the function's source, the case must end wrong: so no case tests nothing, and no rule is there for nothing.

Prints TAP; exits non-zero on any failure.
"""

import argparse
import dataclasses
import functools
import pathlib

from sessions import Session, source_of
from tap import Tap

HERE = pathlib.Path(__file__).resolve().parent
DATABASE = "pipelines_traps"

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", default="psql")
parser.add_argument("--rules", action="store_true", help="each case without its rules, too")
parser.add_argument("--only", default="", help="cases whose name holds this")
options = parser.parse_args()
tap = Tap()
session = functools.partial(Session, options.psql)


@dataclasses.dataclass
class Case:
    """The lines of `steps` run one after the other, those that begin with "other:" in a second session. They print nothing if all is right,
    or what `ends` says. Each of `rules` is a rule that a case needs: (function, text, what stands there without it), or several that say the same."""

    name: str
    steps: str
    rules: list
    pipeline: str = ""
    source: str = ""
    ends: str = ""


REFRESH = "CALL journey.refresh('web', true);"
START = "CALL journey.fill('web');\n" + REFRESH
WRONG = "SELECT wrong();"
NUMBER_TRIGGER = [("source_statements", "s.changes = 'column'),\n        ('journey_insert'", "false),\n        ('journey_insert'"), ("lock_leaves", "{journey_change,journey_number}", "{journey_change}")]
# A watermark in place of the snapshot.
LATER_NUMBERS = [("refresh_source", "OR r.number = ANY ((SELECT ($3).xip)::bigint[]))", "OR r.number = ANY (($3).xip) AND false)")]
# A step whose snapshot is older than what the other session does; refused for that, it begins again.
STEP = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT \\g /dev/null\nother: %s\nSELECT journey.refresh_step('web', true) \\g /dev/null\nCOMMIT;"
NO_REGISTRY = ("compare_leaves", "IF (SELECT array_agg((l.leaf, l.identity)", "RETURN; IF (SELECT array_agg((l.leaf, l.identity)")
NO_EVENT_IDS = ("refresh_source", "IF s.event_id IS NOT NULL AND (new_ids", "IF false AND (new_ids")

CASES = [
    Case(
        "a writer commits after one that began later",
        f"{START}\nother: BEGIN; CALL come('d1', '{{e1 2025-01-05}}');\nCALL come('d2', '{{e2 2025-01-06}}'); {REFRESH} {WRONG}\nother: COMMIT;\n{REFRESH} {WRONG}",
        [LATER_NUMBERS],
    ),
    Case(
        "a transaction is prepared, and committed after a refresh",
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} BEGIN; CALL come('y', '{{e2 2025-01-06}}'); UPDATE shop.events SET device = 'x' WHERE event_id = 'e1'; PREPARE TRANSACTION 'traps'; CALL come('d', '{{e3 2025-01-07}}'); {REFRESH} {WRONG}"
        f"COMMIT PREPARED 'traps'; {REFRESH} {WRONG}",
        [LATER_NUMBERS],
    ),
    Case(
        "a row moves to another partition and keeps its number",
        f"{START} CALL come('d', '{{- 2025-01-31}}'); {REFRESH} UPDATE shop.events SET ts = '2025-02-01Z'; {REFRESH} {WRONG}",
        [NUMBER_TRIGGER],
    ),
    Case(
        "rows of a staging table bring its numbers",
        f"{START} CREATE TABLE shop.staged AS SELECT 's1' AS event_id, 'd' AS device, NULL AS user_id, timestamptz '2025-02-10Z' AS ts, journey.current_xid(); {REFRESH}"
        f"CALL come('x', '{{x 2025-02-01}}'); {REFRESH} INSERT INTO shop.events SELECT * FROM shop.staged; {REFRESH} {WRONG}",
        [NUMBER_TRIGGER],
    ),
    Case(
        "COPY FREEZE into a partition that is exchanged after the snapshot",
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} CALL come('d', '{{e2 2025-01-06}}');\n"
        + STEP % "BEGIN; TRUNCATE shop.january; COPY shop.january (event_id, device, ts) FROM PROGRAM 'echo f1,f,2025-01-07Z' (FREEZE, FORMAT csv); COMMIT;"
        + f"\n{REFRESH} {WRONG}",
        [[("lock_leaves", "IF files IS DISTINCT", "IF false AND files IS DISTINCT"), NO_REGISTRY]],
    ),
    Case(
        "ALTER TYPE between the snapshot and the look at a place",
        f"CALL come('d', '{{e1 2025-01-05,e2 2025-01-06}}'); {START} UPDATE shop.events SET device = 'c' WHERE event_id = 'e2';\n"
        + STEP % "ALTER TABLE shop.events ALTER user_id TYPE text USING lower(user_id);"
        + f"\n{WRONG}",
        [[("lock_leaves", "IF files IS DISTINCT", "IF false AND files IS DISTINCT")]],
    ),
    Case(
        "ALTER TYPE USING rewrites values, and fires no trigger",
        f"CALL come('d', '{{e1 2025-01-05}}', 'bob'); {START} ALTER TABLE shop.events ALTER user_id TYPE text USING replace(user_id, 'bob', 'rob'); {REFRESH} {WRONG}",
        [[NO_REGISTRY], [("compare_leaves", "stale := stale || journey.slices_between(p, s, was.since, was.until);", "NULL;")]],
    ),
    Case(
        "detached, edited and attached again: the same table, the same file",
        f"CALL come('d', '{{e1 2025-01-05,e2 2025-01-06}}'); {START} BEGIN; ALTER TABLE shop.events DETACH PARTITION shop.january; DELETE FROM shop.january WHERE event_id = 'e1';"
        f"ALTER TABLE shop.events ATTACH PARTITION shop.january FOR VALUES FROM ('2025-01-01Z') TO ('2025-02-01Z'); COMMIT; {REFRESH} {WRONG}",
        [[("leaves_of", "concat_ws('/', c.relfilenode, g.oid, g.xmin)", "c.relfilenode::text")]],
    ),
    Case(
        "numbers of the future, and none",
        f"{START} CALL come('d', '{{e1 2025-01-05,e2 2025-01-06}}'); {REFRESH} UPDATE shop.events SET journey_xid = CASE event_id WHEN 'e1' THEN 4000000000000 END; {REFRESH} {WRONG}",
        [[("refresh_source", "journey.put_places(p, s, places, here, most)", "journey.put_places(p, s, places, concat_ws(' AND ', here, format('r.number < %s', now_base.xmax)), most)")]],
    ),
    Case(
        "a number of the future is reached",
        f"{START} INSERT INTO shop.events (device, ts, journey_xid) SELECT 'd', '2025-01-05Z', journey.current_xid() + 4; {REFRESH} CALL come('d', '{{- 2025-01-06}}'); CALL come('d', '{{- 2025-01-07}}'); {REFRESH}"
        f"CALL come('d', '{{- 2025-01-08}}'); CALL come('d', '{{- 2025-01-09}}'); CALL come('d', '{{- 2025-01-10}}'); {REFRESH} {WRONG}",
        [[("refresh_source", "IF new_events > 0 AND oldest <= s.ahead_until", "IF false")]],
    ),
    Case(
        "copies of an event id, in two places and two slices",
        f"{START} CALL come('d1', '{{c 2025-01-31,x 2025-01-05}}'); CALL come('d2', '{{c 2025-02-01}}'); {REFRESH} CALL come('d3', '{{c 2025-01-30}}'); {REFRESH} {WRONG}",
        [[NO_EVENT_IDS]],
    ),
    Case(
        "the copy that counted is deleted",
        f"CALL come('d1', '{{c 2025-01-31}}'); CALL come('d2', '{{c 2025-02-01}}'); {START} DELETE FROM shop.events WHERE device = 'd1'; {REFRESH} {WRONG}",
        [[NO_EVENT_IDS], [("places_of_event_ids", "WHERE marked OR copies > 1", "WHERE copies > 1")]],
    ),
    Case(
        "the slice with the copy that counted is emptied",
        f"CALL come('d1', '{{c 2025-01-31}}'); CALL come('d2', '{{c 2025-02-01}}'); {START} TRUNCATE shop.january; {REFRESH} {WRONG}",
        [[("places_of_copies", "FOREACH slice IN ARRAY followed LOOP", "FOREACH slice IN ARRAY '{}'::date[] LOOP")]],
    ),
    Case(
        "the partition with the copy that counted goes",
        f"CALL come('d1', '{{c 2025-01-31}}'); CALL come('d2', '{{c 2025-02-01}}'); {START} ALTER TABLE shop.events DETACH PARTITION shop.january; {REFRESH}"
        "SELECT 'd2 is missing' WHERE NOT EXISTS (SELECT FROM shop.web_trails WHERE alias = 'd2');",
        [[("refresh_source", "later := ARRAY(SELECT DISTINCT x FROM unnest(stale || gone)", "later := ARRAY(SELECT DISTINCT x FROM unnest(stale)")]],
    ),
    Case(
        "a copy in a slice that is being filled",
        f"CALL come('d1', '{{c 2024-12-31}}'); CALL come('x', '{{x 2025-01-05}}'); CALL journey.fill('web', false, 1); {REFRESH} CALL come('d2', '{{c 2025-01-01}}');\n"
        f"other: BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT journey.fill_slice('web', false) \\g /dev/null\nDELETE FROM shop.events WHERE device = 'd1'; {REFRESH}\nother: COMMIT;\n{REFRESH} {WRONG}",
        [[("refresh_source", "PERFORM journey.mark_places(p, s, ARRAY(SELECT DISTINCT x FROM unnest(places) AS x WHERE x.slice = ANY (unfilled)));", "")]],
    ),
    Case(
        "a copy that came to a slice before it was filled",
        f"CALL come('d2', '{{c 2025-02-01}}'); CALL come('x', '{{x 2025-01-05}}'); CALL journey.fill('web', true, 1); {REFRESH} CALL come('d1', '{{c 2025-01-31}}'); CALL journey.fill('web'); {REFRESH} {WRONG}",
        [[("mark_copies", "WHERE r.is_copied AND", "WHERE false AND")]],
    ),
    Case(
        "a time without a zone, and a caller in another zone",
        "CREATE TABLE shop.orders (customer text, paid_at timestamp);"
        "SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'paid_at', user_id => 'customer') \\g /dev/null\n"
        f"{START} SET timezone = 'America/New_York'; INSERT INTO shop.orders VALUES ('ann', '2025-01-31 23:30'); {REFRESH} SET timezone = 'UTC';"
        "SELECT 'seen at ' || first_seen_at FROM shop.web_aliases WHERE alias = 'ann' AND first_seen_at <> '2025-01-31 23:30Z';",
        [[("pin_settings", "('timezone', 'UTC'), ", "")]],
    ),
    Case(
        "a row comes while its slice is being filled",
        f"CALL come('d', '{{e1 2025-01-05}}'); CALL journey.list_sources('web', true, NULL) \\g /dev/null\nother: BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT journey.fill_slice('web', false) \\g /dev/null\n"
        f"CALL come('d', '{{e2 2025-01-06}}'); {REFRESH}\nother: COMMIT;\n{REFRESH} {WRONG}",
        [[("refresh_source", "coalesce(b.xmax, %s)", "coalesce(NULLIF(b.xmax, b.xmax), %s)")]],
    ),
    Case(
        "a row changes while its slice is being filled",
        f"CALL come('d', '{{e1 2025-01-05}}'); CALL journey.list_sources('web', true, NULL) \\g /dev/null\nother: BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT journey.fill_slice('web', false) \\g /dev/null\n"
        f"UPDATE shop.events SET device = 'x'; {REFRESH}\nother: COMMIT;\n{REFRESH} {WRONG}",
        [[("take_marks", "FROM known WHERE slice = ANY ($2)\n", "FROM known WHERE false\n")]],
    ),
    Case(
        "first times of links name visitors",
        f"CALL come('d', '{{e1 2025-01-01,e2 2025-01-10}}', 'u1'); CALL come('d', '{{e3 2025-01-05}}', 'u2'); {START} {WRONG}",
        [[("all_links", "(VALUES (l.first_seen_at), (l.last_seen_at))", "(VALUES (l.last_seen_at))")]],
    ),
    Case(
        "last times of links find the latest user",
        f"CALL come('d', '{{e1 2025-01-01,e2 2025-01-10}}', 'u1'); CALL come('d', '{{e3 2025-01-05}}', 'u2'); {START} {WRONG}",
        [[("all_links", "(VALUES (l.first_seen_at), (l.last_seen_at))", "(VALUES (l.first_seen_at))")]],
        ", mode => 'latest_user'",
    ),
    Case(
        "the first of several links is deleted",
        f"CALL come('d', '{{e1 2025-01-01}}', 'u2'); CALL come('d', '{{e2 2025-01-02,e4 2025-01-20}}', 'u1'); CALL come('d', '{{e3 2025-01-03}}', 'u3'); {START} DELETE FROM shop.events WHERE event_id = 'e1'; {REFRESH} {WRONG}",
        [[("links_around", "CROSS JOIN LATERAL (VALUES (l.first_seen_at), (l.last_seen_at)) AS t (seen_at)$q$", "CROSS JOIN LATERAL (VALUES (l.last_seen_at)) AS t (seen_at)$q$")]],
    ),
    Case(
        "a link that was refused is so no more",
        f"CALL come('d1', '{{e1 2025-01-01}}', 'u1'); CALL come('d2', '{{e2 2025-01-02}}', 'u1'); CALL come('d3', '{{e3 2025-01-03}}', 'u1'); CALL come('d3', '{{e4 2025-01-04}}', 'u3'); {START}"
        f"DELETE FROM shop.events WHERE event_id = 'e1'; {REFRESH} {WRONG}",
        [[("links_around", "(SELECT l.a_kind, l.a FROM %1$s AS l WHERE l.b = r.id", "(SELECT l.a_kind, l.a FROM %1$s AS l JOIN shop.web_aliases AS x ON x.alias = l.a JOIN shop.web_aliases AS y ON y.alias = l.b AND y.visitor_id = x.visitor_id WHERE l.b = r.id")]],
        ", max_members => 3",
    ),
    Case(
        "a partition that is attached full",
        f"{START} CREATE TABLE shop.march (LIKE shop.events INCLUDING ALL); INSERT INTO shop.march (event_id, device, ts) VALUES ('p1', 'd', '2025-03-05Z'); CALL come('x', '{{x 2025-01-01}}'); {REFRESH}"
        f"ALTER TABLE shop.events ATTACH PARTITION shop.march FOR VALUES FROM ('2025-03-01Z') TO ('2025-04-01Z'); {REFRESH} {WRONG}",
        [[NO_REGISTRY]],
    ),
    Case(
        "the history of a partition that is dropped is kept",
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} DROP TABLE shop.january; {REFRESH} CALL journey.rebuild('web'); SELECT 'gone' WHERE NOT EXISTS (SELECT FROM shop.web_trails WHERE alias = 'd');",
        [[("compare_leaves", "gone := gone || journey.slices_between(p, s, was.since, was.until);", "stale := stale || journey.slices_between(p, s, was.since, was.until);")]],
    ),
    Case(
        "a pipeline that comes from another cluster",
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} UPDATE journey.pipelines SET system_identifier = 1;\n{REFRESH}",
        [[("pipeline_at_work", "ELSIF journey.is_restored(p) THEN", "ELSIF false THEN")]],
        ends="55000: pipeline \"web\" comes from another cluster",
    ),
    Case(
        "numbers of another cluster in the column",
        "INSERT INTO journey.source_columns SELECT 'shop.events', system_identifier, 1000000 FROM pg_control_system(); ALTER TABLE shop.events ALTER journey_xid SET DEFAULT journey.current_xid(1000000); DROP TRIGGER journey_number ON shop.events;"
        "SELECT n.statement FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done AND n.statement LIKE '%journey_number%' \\gexec\n"
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} CALL come('d', '{{e2 2025-01-06}}'); {REFRESH} CALL come('d', '{{e3 2025-01-07}}'); {REFRESH} {WRONG} DELETE FROM journey.source_columns;",
        [[("snapshot_base", "::bigint + number_offset", "::bigint")]],
    ),
    Case(
        "two pipelines over one table",
        "SELECT journey.create_pipeline('too', 'shop', targets => '{visitors}') \\g /dev/null\nSELECT count(*) FROM journey.add_source('too', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', user_id => 'user_id') \\g /dev/null\n"
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} CALL journey.fill('too'); CALL journey.refresh('too'); UPDATE shop.events SET device = 'x'; {REFRESH} CALL journey.refresh('too'); {WRONG} SELECT wrong('too');",
        [[("pipeline_table", "p.tables || '_' || part", "CASE part WHEN 'stale' THEN 'web_g1' ELSE p.tables END || '_' || part")]],
    ),
    Case(
        "rows that a replication worker applies",
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} SET session_replication_role = replica; UPDATE shop.events SET device = 'x'; RESET session_replication_role; {REFRESH} {WRONG}",
        [[("source_statements", "ENABLE ALWAYS TRIGGER", "ENABLE TRIGGER"), ("lock_leaves", " AND g.tgenabled = 'A'", "")]],
    ),
    Case(
        "a trigger that is off",
        f"CALL come('d', '{{e1 2025-01-05}}'); {START} ALTER TABLE shop.january DISABLE TRIGGER journey_change;\n{REFRESH}",
        [[("lock_leaves", " AND g.tgenabled = 'A'", "")]],
        ends="55000: trigger journey_change of shop.january is missing",
    ),
    Case(
        "indexes are left to the owner of a table with rows, and waited for",
        "CREATE TABLE shop.orders (customer text, paid_at timestamptz); INSERT INTO shop.orders VALUES ('ann', '2025-01-05Z');"
        "SELECT count(*) FROM journey.add_source('web', 'shop.orders', ts => 'paid_at', user_id => 'customer') \\g /dev/null\n"
        f"CALL journey.fill('web'); {REFRESH}",
        [[("source_statements", "runs := empty AND key.plain", "runs := key.plain")], [("refresh_source", "PERFORM journey.check_indexes(s);", "")]],
        ends="55000: indexes of shop.orders are missing",
    ),
]


def play(case):
    """What a case prints. A step that is to begin again does."""
    main, other = session(DATABASE), session(DATABASE)
    said = [main.run(f"CALL make_shop($${case.pipeline}$$, $${case.source}$$);")]
    for line in case.steps.splitlines():
        text = (other if line.startswith("other: ") else main).run(line.removeprefix("other: "))
        said.append(main.run("ROLLBACK;\n" + REFRESH) if "40001" in text else text)
    main.close()
    other.close()
    return "\n".join(text for text in said if text)


def put(sources):
    """Makes functions what these sources say."""
    said = owner.run("\n".join(sources))
    if said:
        raise SystemExit(said)


def right(case, said):
    return case.ends in said if case.ends else said == ""


server = session("postgres")
server.run(f"DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE};")
owner = session(DATABASE)
owner.run("CREATE EXTENSION journey;")
owner.run((HERE / "support/pipelines_traps.sql").read_text())
for case in CASES:
    if options.only not in case.name:
        continue
    said = play(case)
    tap.ok(right(case, said), case.name, said)
    for rules in case.rules if options.rules else []:
        without = {function: source_of(function) for function, _, _ in rules}
        for function, text, instead in rules:
            without[function] = without[function].replace(text, instead)
        put(without.values())
        said = play(case)
        put(map(source_of, without))
        tap.ok(not right(case, said), f"{case.name}: not so without the rule in {', '.join(without)}", said)
tap.none([f"{function}: {text}" for case in CASES for rules in case.rules for function, text, _ in rules if text not in source_of(function)], "each rule is where it is said to be")
owner.close()
server.run(f"DROP DATABASE {DATABASE};")
server.close()
tap.finish()
