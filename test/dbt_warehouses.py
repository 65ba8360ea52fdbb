"""The dbt package over warehouses as RudderStack and Segment lay them out, with answers worked by hand; and beside a writer."""

import subprocess
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
DROP SCHEMA IF EXISTS rudder, rudder_journey CASCADE; CREATE SCHEMA rudder;
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

SESSIONS = "SELECT visitor_id, session_number, events, coalesce(channel, '-') FROM {}.all_sessions ORDER BY 1, 2"


def lines(*rows):
    return "\n".join(rows)


def test_rudderstack_warehouse(tap, shop):
    shop.sql(RUDDER_TABLES)
    build = lambda *more: shop.dbt("build", *more, schema="rudder_journey", variables=RUDDER)
    built = lambda name, result: tap.ok(result[0] == 0, f"rudderstack warehouse: {name}", result[1][-4000:])
    is_now = lambda name, query, wanted: tap.ok(shop.sql(query) == wanted, f"rudderstack warehouse: {name}", shop.sql(query))
    report = "SELECT {} FROM rudder_journey.load_report WHERE source = '{}' ORDER BY changed_at DESC LIMIT 1"

    built("a first build over empty tables", build())
    shop.sql(RUDDER_FIRST)
    result = build()
    built("the first rows, after the empty build", result)
    tap.ok("WARN 1 nothing_is_left_out_unseen" in result[1], "rudderstack warehouse: a test warns of rows without a time", result[1][-3000:])
    is_now("sessions by hand", SESSIONS.format("rudder_journey"), lines("Ann|1|3|Paid Search", "d2|1|1|Direct", "d3|1|1|-", "d4|1|1|-"))
    is_now("the sign-up, found by its name in event_text",
           "SELECT visitor_id, signed_up_at AT TIME ZONE 'UTC', sessions_before_sign_up, last_paid_touch_channel FROM rudder_journey.attribution WHERE signed_up_at IS NOT NULL",
           "Ann|2025-01-01 10:10:00|1|Paid Search")
    is_now("what was left out is counted", report.format("rows_read, no_id, no_time, no_arrival, of_the_future", "tracks"), "6|1|1|1|1")
    shop.sql(RUDDER_SECOND)
    built("an id that turns out to be Ann's", build())
    wanted = lines("Ann|1|3|Paid Search", "Ann|2|1|Direct", "Ann|3|2|Email", "d3|1|1|-", "d4|1|1|-")
    is_now("sessions of the merged visitor", SESSIONS.format("rudder_journey"), wanted)
    shop.sql(RUDDER_LATE)
    result = build()
    built("a row that was committed too late", result)
    is_now("it is counted", report.format("late", "pages"), "1")
    is_now("and changes nothing", SESSIONS.format("rudder_journey"), wanted)
    built("it is not counted twice", build())
    is_now("0 in the next run", report.format("late", "pages"), "0")
    built("full refresh", build("--full-refresh"))
    is_now("takes it in", SESSIONS.format("rudder_journey"),
           lines("Ann|1|3|Paid Search", "Ann|2|1|Direct", "Ann|3|1|Direct", "Ann|4|2|Email", "d3|1|1|-", "d4|1|1|-"))
    shop.sql("UPDATE rudder.tracks SET event_text = 'Registered'")
    result = build("--full-refresh")
    tap.ok(result[0] == 0 and "WARN 1 there_are_sign_ups" in result[1], "rudderstack warehouse: a test warns where no event is the sign-up", result[1][-3000:])


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
    "journey_attribution_models": ["linear"],
    "journey_keep_history": True,
    "journey_prefix": "j_",
}

# Segment makes a column once it has a value: there is no user_id yet. Bob writes his address in three ways, and orders as a guest.
SEGMENT_TABLES = """
DROP SCHEMA IF EXISTS segment, segment_journey CASCADE; CREATE SCHEMA segment;
CREATE TABLE segment.tracks (id text, anonymous_id text, email text, event text, event_text text, "timestamp" timestamptz, received_at timestamptz,
  context_page_url text, context_page_referrer text, price numeric);
INSERT INTO segment.tracks VALUES
 ('s1', 'a1', NULL, 'viewed', 'Viewed', '2025-01-01 08:00Z', '2025-01-01 08:00:01Z', 'https://shop.example/?utm_source=facebook&utm_medium=paid_social', NULL, 7),
 ('s2', 'a1', 'Bob@X.com', 'signed_up', 'Signed Up', '2025-01-01 08:05Z', '2025-01-01 08:05:01Z', NULL, NULL, NULL),
 ('s3', 'a2', 'bob@x.com', 'came', 'Came', '2025-01-03 09:00Z', '2025-01-03 09:00:01Z', 'https://shop.example/', NULL, NULL),
 ('s4', 'a9', NULL, 'came', 'Came', '2025-01-03 09:00Z', '2025-01-03 09:00:01Z', 'https://staging.shop.example/', NULL, NULL);
CREATE TABLE segment.orders (order_id text, email text, paid_at timestamptz, amount numeric);
INSERT INTO segment.orders VALUES ('o1', 'BOB@x.com', '2025-01-04 10:00Z', 50);
CREATE TABLE segment.tickets (ticket_id int, email text, opened_at timestamptz);
INSERT INTO segment.tickets VALUES (1, 'bob@x.com', '2025-01-04 11:00Z');
"""

CONTENTS = """
SELECT coalesce(sum((xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I AS t WHERE t::text ~* ''bob@x|\\ma[12]\\M''',
  table_schema, table_name), false, true, '')))[1]::text::int), 0)
FROM information_schema.tables WHERE table_schema = 'segment_journey' AND table_type = 'BASE TABLE'
"""


def test_segment_warehouse(tap, shop):
    shop.sql(SEGMENT_TABLES)
    build = lambda *more: shop.dbt("build", *more, schema="segment_journey", variables=SEGMENT)
    built = lambda name, result: tap.ok(result[0] == 0, f"segment warehouse: {name}", result[1][-4000:])
    is_now = lambda name, query, wanted: tap.ok(shop.sql(query) == wanted, f"segment warehouse: {name}", shop.sql(query))
    sessions = SESSIONS.replace("all_sessions", "j_all_sessions").format("segment_journey")

    built("builds", build())
    is_now("Bob is found by his address, whatever its case", sessions, lines("bob@x.com|1|2|Paid Social", "bob@x.com|2|1|Direct"))
    is_now("conversions of each kind, a guest's order and a ticket among them",
           "SELECT kind, visitor_id, value FROM segment_journey.j_conversions ORDER BY kind",
           lines("complaint|bob@x.com|0", "order|bob@x.com|50", "sign_up|bob@x.com|0", "view|bob@x.com|7"))
    is_now("the order's credit, in equal shares", "SELECT channel, credit, credited_value FROM segment_journey.j_attribution_credits WHERE kind = 'order' ORDER BY position",
           lines("Paid Social|0.5|25.0", "Direct|0.5|25.0"))
    is_now("staging is left out, and counted", "SELECT filtered FROM segment_journey.j_load_report WHERE source = 'tracks' ORDER BY changed_at DESC LIMIT 1", "1")

    shop.sql("ALTER TABLE segment.tracks ADD user_id text; DELETE FROM segment.tracks")
    built("a full refresh after the source was purged", build("--full-refresh"))
    is_now("keeps what it was", sessions, lines("bob@x.com|1|2|Paid Social", "bob@x.com|2|1|Direct"))

    erase = shop.dbt("run-operation", "journey_erase", "--args", "{visitor: nobody}", schema="segment_journey", variables=SEGMENT)
    tap.ok(erase[0] != 0 and "there is no visitor" in erase[1], "segment warehouse: erasing a visitor that is not there says so", erase[1][-2000:])
    erase = shop.dbt("run-operation", "journey_erase", "--args", "{visitor: bob@x.com}", schema="segment_journey", variables=SEGMENT)
    tap.ok(erase[0] == 0, "segment warehouse: a person is erased", erase[1][-2000:])
    shop.sql("INSERT INTO segment.tracks VALUES ('s5', 'a2', NULL, 'came', 'Came', '2025-01-06 09:00Z', '2025-01-06 09:00:01Z', NULL, NULL, NULL, NULL)")
    built("a late row of the erased person", build())
    is_now("no table knows them, and the late row does not bring them back", CONTENTS, "0")


def test_own_model(tap, shop):
    """A source that is a model of the user's: built first, in the same run."""
    shop.sql("DROP SCHEMA IF EXISTS own CASCADE")
    status, output = shop.dbt("run", "--select", "+all_sessions", schema="own", variables=NOTHING_ELSE | {"journey_tracks": "ref('own_tracks')"})
    tap.ok(status == 0 and output.index("own.own_tracks") < output.index("own.this_run_events"), "a source may be a model: it is built first", output[-4000:])


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
    shop.sql("DROP SCHEMA IF EXISTS busy, busy_journey, busy_refreshed CASCADE; CREATE SCHEMA busy; CREATE TABLE busy.tracks (event_id text, anonymous_id text, user_id text, event text,"
             " ts timestamptz, received_at timestamptz, page_url text, referrer text)")
    stop = threading.Event()
    writer = threading.Thread(target=write_events, args=(shop, stop, hold))
    writer.start()
    try:
        for number in range(1, builds + 1):
            status, output = shop.dbt("build", schema="busy_journey", variables=settings)
            tap.ok(status == 0, f"beside a writer: build {number} is green", output[-4000:])
    finally:
        stop.set()
        writer.join()
    for schema, more in (("busy_journey", []), ("busy_refreshed", ["--full-refresh"])):
        status, output = shop.dbt("run", *more, schema=schema, variables=settings)
        tap.ok(status == 0, f"beside a writer: the last run into {schema}", output[-4000:])
    same_tables(tap, shop, "busy_journey", "busy_refreshed", "beside a writer")
    tap.ok(int(shop.sql("SELECT sum(late) FROM busy_journey.load_report")) == 0, "beside a writer: no row came later than the overlap")
