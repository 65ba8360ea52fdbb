"""The dbt package over warehouses as RudderStack and Segment lay them out, with answers worked by hand; and beside a writer."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

NOTHING_ELSE = {"journey_identifies": None, "journey_orders": None, "journey_spend": None}

RUDDER = NOTHING_ELSE | {
    "journey_tracks": "rudder.tracks",
    "journey_pages": "rudder.pages",
    "journey_identifies": "rudder.identifies",
    "journey_alias_mode": "connected",
}

RUDDER_TABLES = """
DROP SCHEMA IF EXISTS rudder, rudder_journey, rudder_journey_refreshed, rudder_limits, rudder_owners CASCADE; CREATE SCHEMA rudder;
CREATE TABLE rudder.tracks (id text, anonymous_id text, user_id text, event text, event_text text, "timestamp" timestamptz, received_at timestamptz,
  context_page_url text, context_page_referrer text);
CREATE TABLE rudder.pages (id text, anonymous_id text, user_id text, url text, referrer text, "timestamp" timestamptz, received_at timestamptz);
CREATE TABLE rudder.identifies (id text, anonymous_id text, user_id text, "timestamp" timestamptz, received_at timestamptz);
"""

# Ann comes by an ad, reads on while her user id is the word null, and signs up, which her phone tells twice. d3's row claims to come from the
# future, d4's has no time of arrival.
RUDDER_FIRST = """
INSERT INTO rudder.pages VALUES
 ('p1', 'd1', NULL, 'https://shop.example/?gclid=1', 'https://www.google.com/', '2025-01-01 10:00Z', '2025-01-01 10:00:01Z'),
 ('p2', 'd1', 'null', 'https://shop.example/pricing', 'https://shop.example/', '2025-01-01 10:05Z', '2025-01-01 10:05:01Z'),
 ('p3', 'd2', NULL, 'https://shop.example/', NULL, '2025-01-02 09:00Z', '2025-01-02 09:00:01Z');
INSERT INTO rudder.tracks VALUES
 ('t1', 'd1', 'Ann', 'signed_up', 'Signed Up', '2025-01-01 10:10Z', '2025-01-01 10:10:01Z'),
 ('t1', 'd1', 'Ann', 'signed_up', 'Signed Up', '2025-01-01 10:10:00.12Z', '2025-01-01 10:12Z'),
 ('t2', 'd3', NULL, 'viewed', 'Viewed', '2025-01-03 12:00Z', '2099-01-01 00:00Z'),
 ('t3', 'd4', NULL, 'viewed', 'Viewed', '2025-01-03 13:00Z', NULL),
 ('t4', NULL, NULL, 'viewed', 'Viewed', '2025-01-03 13:00Z', '2025-01-03 13:00Z'),
 ('t5', 'd5', NULL, 'viewed', 'Viewed', NULL, '2025-01-03 13:00Z');
"""

# The visitor of d2 turns out to be Ann; she comes back by the newsletter; the row of the future must not have blinded the run to t6.
RUDDER_SECOND = """
INSERT INTO rudder.identifies VALUES ('i1', 'd2', 'Ann', '2025-01-02 09:30Z', '2025-01-02 09:30:01Z');
INSERT INTO rudder.pages VALUES ('p4', 'd1', NULL, 'https://shop.example/?utm_source=newsletter&utm_medium=email', NULL, '2025-01-05 08:00Z', '2025-01-05 08:00:01Z');
INSERT INTO rudder.tracks VALUES ('t6', 'd1', 'Ann', 'viewed', 'Viewed', '2025-01-05 08:01Z', '2025-01-05 08:01:01Z');
"""

# Committed two days after rows that came later; it would open a session of its own.
RUDDER_LATE = """
INSERT INTO rudder.pages VALUES ('p5', 'd2', NULL, 'https://shop.example/', NULL, '2025-01-03 12:00Z', '2025-01-03 12:00:01Z');
"""

SESSIONS = "SELECT visitor_id, session_number, events, coalesce(channel, '-') FROM {} ORDER BY 1, 2"


class Warehouse:
    """One warehouse and the package over it, in a schema of its own; `refreshed` is the same by a full refresh."""

    def __init__(self, tap, shop, same_tables, name, schema, settings):
        self.tap, self.shop, self.same_tables = tap, shop, same_tables
        self.name, self.schema, self.settings = name, schema, settings

    def dbt(self, *command, schema=None):
        return self.shop.dbt(*command, schema=schema or self.schema, variables=self.settings)

    def built(self, name, *command):
        done, output, _ = self.dbt(*command)
        self.tap.ok(done, f"{self.name}: {name}", output[-4000:])
        return output

    def as_refreshed(self, when):
        done, output, _ = self.dbt("run", "--full-refresh", schema=f"{self.schema}_refreshed")
        self.tap.ok(done, f"{self.name}: {when}, by a full refresh", output[-4000:])
        self.same_tables(self.tap, self.shop, self.schema, f"{self.schema}_refreshed", f"{self.name}: {when}")

    def is_now(self, name, query, *wanted):
        found = self.shop.sql(query)
        self.tap.ok(found == "\n".join(wanted), f"{self.name}: {name}", found)


def test_rudderstack_warehouse(tap, shop, same_tables):
    shop.sql(RUDDER_TABLES)
    warehouse = Warehouse(tap, shop, same_tables, "rudderstack warehouse", "rudder_journey", RUDDER)
    built, is_now = warehouse.built, warehouse.is_now
    sessions = SESSIONS.format("rudder_journey.all_sessions")
    report = "SELECT {} FROM rudder_journey.load_report WHERE source = '{}' ORDER BY changed_at DESC LIMIT 1"

    built("a first build over empty tables", "build")
    shop.sql(RUDDER_FIRST)
    output = built("the first rows, after the empty build", "build")
    tap.ok("WARN 1 nothing_is_left_out_unseen" in output, "rudderstack warehouse: a test warns of rows without a time", output[-3000:])
    is_now("sessions by hand", sessions, "Ann|1|3|Paid Search", "d2|1|1|Direct", "d3|1|1|-", "d4|1|1|-")
    is_now("the sign-up, found by its name in event_text",
           "SELECT visitor_id, signed_up_at AT TIME ZONE 'UTC', sessions_before_sign_up, last_paid_touch_channel FROM rudder_journey.attribution WHERE signed_up_at IS NOT NULL",
           "Ann|2025-01-01 10:10:00|1|Paid Search")
    is_now("what was left out is counted", report.format("rows_read, no_id, no_time, no_arrival, of_the_future", "tracks"), "6|1|1|1|1")
    warehouse.as_refreshed("the first rows")
    shop.sql(RUDDER_SECOND)
    built("an id that turns out to be Ann's", "run")
    wanted = ["Ann|1|3|Paid Search", "Ann|2|1|Direct", "Ann|3|2|Email", "d3|1|1|-", "d4|1|1|-"]
    is_now("sessions of the merged visitor", sessions, *wanted)
    warehouse.as_refreshed("the second rows")
    test_limits(tap, shop)
    test_owners(tap, shop, same_tables)
    shop.sql(RUDDER_LATE)
    built("a row that was committed too late", "run")
    is_now("it is counted", report.format("late", "pages"), "1")
    is_now("and changes nothing", sessions, *wanted)
    built("it is not counted twice", "run")
    is_now("0 in the next run", report.format("late", "pages"), "0")
    shop.sql("UPDATE rudder.tracks SET event_text = 'Registered'")
    output = built("full refresh", "build", "--full-refresh")
    is_now("takes it in", sessions, "Ann|1|3|Paid Search", "Ann|2|1|Direct", "Ann|3|1|Direct", "Ann|4|2|Email", "d3|1|1|-", "d4|1|1|-")
    tap.ok("WARN 1 there_are_sign_ups" in output, "rudderstack warehouse: a test warns where no event is the sign-up", output[-3000:])


def test_limits(tap, shop):
    """Bob calls from Ann's device, and one visitor may have one user; that d2 is not Ann's stands in a seed."""
    shop.sql("CREATE TABLE rudder.calls (anonymous_id text, user_id text, called_at timestamptz); INSERT INTO rudder.calls VALUES ('d1', 'Bob', '2025-01-06 08:00Z')")
    settings = RUDDER | {"journey_sources": {"calls": {"table": "rudder.calls", "passive": True, "columns": {"ts": "called_at"}}},
                         "journey_max_users": 1, "journey_unmerge": "ref('cuts')", "journey_big_visitor": 2}
    warehouse = Warehouse(tap, shop, None, "limits", "rudder_limits", settings)
    warehouse.built("builds", "build", "--indirect-selection", "cautious", "--select", "+alias_conflicts", "+big_visitors", "+all_sessions")
    warehouse.is_now("two visitors in place of one", SESSIONS.format("rudder_limits.all_sessions"),
                     "Ann|1|3|Paid Search", "Ann|2|2|Email", "d2|1|1|Direct", "d3|1|1|-", "d4|1|1|-")
    warehouse.is_now("the refused link", "SELECT a_kind, a, b_kind, b, reason FROM rudder_limits.alias_conflicts", "anonymous|d1|user|Bob|max_users")
    warehouse.is_now("visitors of many ids", "SELECT visitor_id, ids, user_ids, hub, hub_links FROM rudder_limits.big_visitors", "Ann|2|1|d1|2")


def test_owners(tap, shop, same_tables):
    """A visit on Ann's device, known before we learn that Bob has logged in on it the day before."""
    shop.sql("CREATE TABLE rudder.visits (anonymous_id text, user_id text, ts timestamptz, received_at timestamptz);"
             " INSERT INTO rudder.visits VALUES ('d1', NULL, '2025-01-07 09:00Z', '2025-01-07 09:00Z')")
    settings = RUDDER | {"journey_sources": {"visits": {"table": "rudder.visits", "columns": {"ts": "ts"}}}, "journey_device_owners": "30 days"}
    warehouse = Warehouse(tap, shop, same_tables, "owners", "rudder_owners", settings)
    sessions = SESSIONS.format("rudder_owners.all_sessions")
    select = ["--select", "+all_sessions", "+attribution_credits", "+sessionized_tracks"]
    of_ann, of_none = ["Ann|1|3|Paid Search", "Ann|2|1|Direct", "Ann|3|2|Email"], ["d3|1|1|-", "d4|1|1|-"]
    warehouse.built("builds", "run", *select)
    warehouse.is_now("what was done on a device before the first log-in is the user's", sessions, *of_ann, "Ann|4|1|-", *of_none)
    shop.sql("INSERT INTO rudder.visits VALUES ('d1', 'Bob', '2025-01-06 08:00Z', '2025-01-07 09:01Z')")
    warehouse.built("a log-in of another", "run", *select)
    warehouse.is_now("what came after it is theirs", sessions, *of_ann, "Bob|1|1|-", "Bob|2|1|-", *of_none)
    shop.copy("rudder_owners", "rudder_owners_incremental")
    warehouse.settings = settings | {"journey_engine": "sql"}
    warehouse.built("a full refresh, by SQL alone", "run", "--full-refresh", *select)
    shop.sql("DROP TABLE rudder_owners_incremental.session_touches, rudder_owners_incremental.event_touches, rudder_owners.session_touches, rudder_owners.event_touches")
    same_tables(tap, shop, "rudder_owners_incremental", "rudder_owners", "owners")


SEGMENT = NOTHING_ELSE | {
    "journey_preset": "segment",
    "journey_tracks": "segment.tracks",
    "journey_id_kinds": ["user", "email", "anonymous"],
    "journey_lower_ids": ["email"],
    "journey_sources": {"tickets": {"table": "segment.tickets", "event": "Ticket Opened", "passive": True,
                                    "columns": {"event_id": "ticket_id", "ts": "opened_at", "received_at": None}}},
    "journey_orders": "segment.orders",
    "journey_conversions": {"complaint": {"when": "event = 'Ticket Opened'"}, "view": {"when": "event = 'Viewed'", "value": "price"}},
    "journey_extra_columns": {"price": "numeric"},
    "journey_condition": "coalesce(page_url, '') not like '%//staging.%'",
    "journey_rapid_events": {"events": 20, "lag": "1 second"},
    "journey_attribution_models": ["linear"],
    "journey_rfm_window": "1 month",
    "journey_keep_history": True,
    "journey_prefix": "j_",
}

# Segment makes a column once it has a value: there is no user_id yet. Bob writes his address in three ways, and orders as a guest. r1
# clicks five times a second; so far 14 of its events have followed that fast, and 20 are too many.
SEGMENT_TABLES = """
DROP SCHEMA IF EXISTS segment, segment_journey, segment_journey_refreshed CASCADE; CREATE SCHEMA segment;
CREATE TABLE segment.tracks (id text, anonymous_id text, email text, event text, event_text text, "timestamp" timestamptz, received_at timestamptz,
  context_page_url text, context_page_referrer text, price numeric);
INSERT INTO segment.tracks VALUES
 ('s1', 'a1', NULL, 'viewed', 'Viewed', '2025-01-01 08:00Z', '2025-01-01 08:00:01Z', 'https://shop.example/?utm_source=facebook&utm_medium=paid_social', NULL, 7),
 ('s2', 'a1', 'Bob@X.com', 'signed_up', 'Signed Up', '2025-01-01 08:05Z', '2025-01-01 08:05:01Z', NULL, NULL, 9),
 ('s3', 'a2', 'bob@x.com', 'came', 'Came', '2025-01-03 09:00Z', '2025-01-03 09:00:01Z', 'https://shop.example/', NULL, NULL),
 ('s4', 'a9', NULL, 'came', 'Came', '2025-01-03 09:00Z', '2025-01-03 09:00:01Z', 'https://staging.shop.example/', NULL, NULL);
INSERT INTO segment.tracks SELECT 'r' || n, 'r1', NULL, 'came', 'Came', at, at + interval '1 second' FROM generate_series(1, 15) n,
 LATERAL (SELECT timestamptz '2025-01-03 09:00Z' + n * interval '200 ms' AS at) _;
CREATE TABLE segment.orders (order_id text, email text, paid_at timestamptz, amount numeric);
INSERT INTO segment.orders VALUES ('o1', 'BOB@x.com', '2025-01-04 10:00Z', 50), ('o1', NULL, '2025-01-05 10:00Z', -20), ('o1', NULL, '2025-01-05 10:00Z', -20);
CREATE TABLE segment.tickets (ticket_id int, email text, opened_at timestamptz);
INSERT INTO segment.tickets VALUES (1, 'bob@x.com', '2025-01-04 11:00Z');
"""

CONTENTS = """
SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I AS t WHERE t::text ~* ''bob@x|cid|\\ma[123]\\M''',
  table_schema, table_name), false, true, '')))[1]::text::int), 0)
FROM information_schema.tables WHERE table_schema = 'segment_journey' AND table_type = 'BASE TABLE'
"""


def test_segment_warehouse(tap, shop, same_tables):
    shop.sql(SEGMENT_TABLES)
    warehouse = Warehouse(tap, shop, same_tables, "segment warehouse", "segment_journey", SEGMENT)
    built, is_now = warehouse.built, warehouse.is_now
    sessions = SESSIONS.format("segment_journey.j_all_sessions")

    built("builds", "build")
    is_now("Bob is found by his address, whatever its case", sessions, "bob@x.com|1|2|Paid Social", "bob@x.com|2|1|Direct", "r1|1|15|-")
    is_now("conversions of each kind, a guest's order and a ticket among them",
           "SELECT kind, visitor_id, value FROM segment_journey.j_conversions ORDER BY kind, value",
           "complaint|bob@x.com|0", "order|bob@x.com|-20", "order|bob@x.com|50", "sign_up|bob@x.com|0", "view|bob@x.com|7")
    is_now("a refund under its order's id is the buyer's, once, and a month of payments is one of the calendar",
           "SELECT visitor_id, snapshot_at AT TIME ZONE 'UTC', frequency, monetary FROM segment_journey.j_rfm_history", "bob@x.com|2025-01-31 23:59:59.999999|1|30")
    is_now("a column of the settings, by session", "SELECT first_price, last_price FROM segment_journey.j_all_sessions WHERE visitor_id = 'bob@x.com' ORDER BY session_number", "7|9", "|")
    is_now("the order's credit, in equal shares", "SELECT channel, credit, credited_value FROM segment_journey.j_attribution_credits WHERE kind = 'order' AND credited_value > 0 ORDER BY position",
           "Paid Social|0.5|25.0", "Direct|0.5|25.0")
    is_now("staging is left out, and counted", "SELECT filtered FROM segment_journey.j_load_report WHERE source = 'tracks' ORDER BY changed_at DESC LIMIT 1", "1")

    # The first log-in makes the column. Cid writes from the device that was Bob's second, and so is Bob. The robot goes on, and its session is
    # left out whole; what it does two hours later is not.
    shop.sql("ALTER TABLE segment.tracks ADD user_id text; INSERT INTO segment.tracks VALUES"
             " ('s6', 'a3', 'Cid@X.com', 'came', 'Came', '2025-01-05 09:00Z', '2025-01-05 09:00:01Z', 'https://shop.example/', NULL, NULL, 'Cid'),"
             " ('s7', 'a2', NULL, 'viewed', 'Viewed', '2025-01-05 10:00Z', '2025-01-05 10:00:01Z', NULL, NULL, 3, 'Cid'),"
             " ('s8', 'r1', NULL, 'came', 'Came', '2025-01-03 11:00Z', '2025-01-03 11:00:01Z', NULL, NULL, NULL, NULL);"
             " INSERT INTO segment.tracks SELECT 'r' || n, 'r1', NULL, 'came', 'Came', at, at + interval '1 second' FROM generate_series(16, 25) n,"
             " LATERAL (SELECT timestamptz '2025-01-03 09:00Z' + n * interval '200 ms' AS at) _")
    built("the column user_id is there", "run")
    after_log_in = ["Cid|1|2|Paid Social", "Cid|2|1|Direct", "Cid|3|1|Direct", "Cid|4|1|-", "r1|1|1|-"]
    is_now("a user of the device is the visitor, and the robot's session is gone", sessions, *after_log_in)
    is_now("its new events are counted", "SELECT rapid FROM segment_journey.j_load_report WHERE source = 'tracks' ORDER BY changed_at DESC LIMIT 1", "10")
    warehouse.as_refreshed("the second rows")

    shop.sql("DELETE FROM segment.tracks WHERE id <> 's7'; ALTER TABLE segment.tracks ADD plan text; UPDATE segment.tracks SET plan = 'gold'")
    warehouse.settings = SEGMENT | {"journey_extra_columns": {"price": "numeric", "plan": "text"}}
    built("a full refresh after the source was purged, with a column more", "run", "--full-refresh")
    is_now("keeps what it was", sessions, *after_log_in)
    is_now("a row that is still there has the column's value, and is no other event",
           "SELECT count(*), count(plan), max(plan) FROM segment_journey.j_journey_events WHERE event_id = 's7' OR plan IS NOT NULL", "1|1|gold")

    done, output, _ = warehouse.dbt("run-operation", "journey_erase", "--args", "{visitor: nobody}")
    tap.ok(not done and "there is no visitor" in output, "segment warehouse: erasing a visitor that is not there says so", output[-2000:])
    built("a person is erased", "run-operation", "journey_erase", "--args", "{visitor: Cid}")
    shop.sql("INSERT INTO segment.tracks VALUES ('s5', 'a2', NULL, 'came', 'Came', '2025-01-06 09:00Z', '2025-01-06 09:00:01Z', NULL, NULL, NULL, NULL)")
    built("a late row of the erased person", "build")
    is_now("no table knows them, and the late row does not bring them back", CONTENTS, "0")
    is_now("their rows are counted", "SELECT DISTINCT ON (source) source, erased, late FROM segment_journey.j_load_report ORDER BY source, changed_at DESC",
           "tickets|1|0", "tracks|2|0")


QUICK_PROJECT = """name: shop
version: 1.0.0
config-version: 2
profile: journey_integration_tests
"""


def test_quick_start(tap, shop, package):
    """The README's first commands, word for word, over both warehouses: Segment's variables take the place of RudderStack's."""
    readme = (package / "README.md").read_text()
    rudder = re.search(r"```sh\n(.*?)```", readme, re.S)[1]
    segment = re.sub(r"(?<=dbt_project.yml <<'YAML'\n).*?(?=YAML)", lambda _: re.search(r"```yaml\n(.*?)```", readme, re.S)[1], rudder, flags=re.S)
    orders = "CREATE SCHEMA shop; CREATE TABLE shop.orders AS SELECT 'o1' AS order_id, 'Ann' AS user_id, timestamptz '2025-01-05' AS paid_at, 20.0 AS amount;"
    for name, commands, tables, wanted in (("rudderstack", rudder, RUDDER_TABLES + RUDDER_FIRST + orders, "Paid Search"), ("segment", segment, SEGMENT_TABLES, "Paid Social")):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
        environment |= {"DBT_PROFILES_DIR": str(package / "integration_tests"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PGDATABASE": "test_dbt_quick",
                        "PATH": f"{pathlib.Path(sys.executable).parent}:{pathlib.Path(shop.psql_command).parent}:{os.environ['PATH']}"}
        shop.sql("DROP DATABASE IF EXISTS test_dbt_quick")
        shop.sql("CREATE DATABASE test_dbt_quick")
        subprocess.run([shop.psql_command, "-X", "-q", "-v", "ON_ERROR_STOP=1"], input=tables, text=True, env=environment, check=True)
        with tempfile.TemporaryDirectory() as project:
            pathlib.Path(project, "dbt_project.yml").write_text(QUICK_PROJECT)
            pathlib.Path(project, "path/to/journey").mkdir(parents=True)
            pathlib.Path(project, "path/to/journey/dbt").symlink_to(package)
            done = subprocess.run(["bash", "-e", "-c", commands], cwd=project, env=environment, capture_output=True, text=True)
        tap.ok(done.returncode == 0 and wanted in done.stdout.split("Done.")[-1], f"quick start, {name}", (done.stdout + done.stderr)[-4000:])


def test_by_git(tap, root):
    """Installed as a release is: by its tag, from a folder of a repository."""
    if not (root / ".git").exists():
        tap.skip("the package by git", "this is no repository")
        return
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DBT_")}
    environment |= {"DBT_PROFILES_DIR": str(root / "dbt/integration_tests"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                    "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    readme = (root / "dbt/README.md").read_text()
    packages = re.search(r"```yaml\n(packages:\n  - git: .*?)```", readme, re.S)[1]
    tag = re.search(r"revision: (\S+)", packages)[1]
    with tempfile.TemporaryDirectory() as folder:
        repository, project = pathlib.Path(folder, "journey.git"), pathlib.Path(folder, "project")
        project.mkdir()
        subprocess.run(["git", "clone", "-q", "--bare", root, repository], check=True)
        subprocess.run(["git", "-C", repository, "tag", "-f", tag, "HEAD"], check=True, capture_output=True)
        (project / "packages.yml").write_text(re.sub(r"git: .*", f"git: file://{repository}", packages))
        (project / "dbt_project.yml").write_text(QUICK_PROJECT)
        done = subprocess.run(["bash", "-e", "-c", "dbt deps && dbt ls --resource-type model --output name"], cwd=project, env=environment, capture_output=True, text=True)
    tap.ok(done.returncode == 0 and "attribution" in done.stdout.split(), "the package is installed by git, as the README says, and has its models", (done.stdout + done.stderr)[-4000:])


def write_events(shop, stop, hold):
    """20 events a second; every fifth transaction stays open for a while, so that its rows are committed after later ones."""
    number = 0
    sessions = []
    while not stop.is_set():
        number += 1
        row = (f"INSERT INTO busy.tracks SELECT 'e-{number}-' || n, 'd' || ({number} * 10 + n) % 40, NULL, 'Viewed', now(), now(), 'https://shop.example/', NULL"
               " FROM generate_series(1, 10) n;")
        wait = f" SELECT pg_sleep({hold});" if number % 5 == 0 else ""
        sessions.append(subprocess.Popen([shop.psql_command, "-X", "-q", "-c", f"BEGIN; {row}{wait} COMMIT"], stdout=subprocess.DEVNULL))
        time.sleep(0.5)
    for session in sessions:
        session.wait()


def test_beside_a_writer(tap, shop, same_tables, builds=3, hold=8):
    """Every build is green while rows keep coming; in the end the tables equal a full refresh."""
    settings = NOTHING_ELSE | {"journey_tracks": "busy.tracks", "journey_preset": "plain", "journey_overlap": f"{hold + 60} seconds", "journey_as_of": None}
    shop.sql("DROP SCHEMA IF EXISTS busy, busy_journey CASCADE; CREATE SCHEMA busy; CREATE TABLE busy.tracks (event_id text, anonymous_id text, user_id text, event text,"
             " ts timestamptz, received_at timestamptz, page_url text, referrer text)")
    stop = threading.Event()
    writer = threading.Thread(target=write_events, args=(shop, stop, hold))
    writer.start()
    try:
        for number in range(1, builds + 1):
            done, output, _ = shop.dbt("build", schema="busy_journey", variables=settings)
            tap.ok(done, f"beside a writer: build {number} is green", output[-4000:])
    finally:
        stop.set()
        writer.join()
    settings["journey_as_of"] = shop.sql("SELECT now()")  # the present of both
    done, output, _ = shop.dbt("run", schema="busy_journey", variables=settings)
    tap.ok(done, "beside a writer: the last run", output[-4000:])
    tap.ok(int(shop.sql("SELECT sum(late) FROM busy_journey.load_report")) == 0, "beside a writer: no row came later than the overlap")
    shop.copy("busy_journey", "busy_incremental")
    done, output, _ = shop.dbt("run", "--full-refresh", schema="busy_journey", variables=settings)
    tap.ok(done, "beside a writer: a full refresh", output[-4000:])
    same_tables(tap, shop, "busy_incremental", "busy_journey", "beside a writer")
