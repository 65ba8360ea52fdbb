"""Runs the dbt package on a made-up shop and on other people's events, in the cluster that PGHOST names. Prints TAP.

What must hold: every test of the package passes; an incremental run leaves the same tables as a full refresh, batch by
batch; in a database without the extension SQL alone makes the same tables; the RudderStack five equal their rules in plain SQL; wrong settings stop with a message that says what to set;
every column is documented; the Looker views name only tables and columns that are there.
"""

import argparse
import contextlib
import csv
import json
import os
import pathlib
import subprocess
import sys

sys.path.append(sys.path.pop(0))  # dbt imports a library that has the name of one of our tests
from dbt.cli.main import dbtRunner

import dbt_daily
import dbt_warehouses
import looker
from tap import Tap

ROOT = pathlib.Path(__file__).parent.parent
PROJECT = ROOT / "dbt" / "integration_tests"
ENGINE = ROOT / "dbt" / "macros" / "engine"
BOOKKEEPING = {"changed_at", "previous_visitor_id"}
# What a run did, and what it means to itself: no two runs are alike.
RUNS = {"load_report", "this_run_events", "visitor_changes", "visitor_order_changes"}

# Of payments, once all have come.
CORRECTIONS = (
    "UPDATE shop.orders SET amount = amount + 1 WHERE paid_at = (SELECT min(paid_at) FROM shop.orders WHERE paid_at > '2026-03-10');"
    " DELETE FROM shop.orders WHERE paid_at = (SELECT min(paid_at) FROM shop.orders WHERE paid_at > '2026-02-10')")
# What SQL alone does not make, and what it alone makes.
NOT_IN_SQL = {"alias_trails", "visitor_trails", "customer_features", "data_driven_credits"}
IN_SQL_ALONE = {"event_touches", "session_touches"}


class Shop:
    """The database and the dbt project over it."""

    def __init__(self, options):
        self.psql_command = options.psql
        self.target = options.target

    def sql(self, text):
        run = [self.psql_command, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(run, input=text, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def dbt(self, *command, schema="analytics", variables=None, manifest=None):
        """Runs dbt in this process, since each start of it takes seconds. `manifest`: what an earlier parse has read."""
        os.environ |= {
            "DBT_SCHEMA": schema,
            "DBT_PROFILES_DIR": str(PROJECT),
            "DBT_PROJECT_DIR": str(PROJECT),
            "DBT_TARGET_PATH": str(self.target / schema),
            "DBT_LOG_PATH": str(self.target / "logs"),
            "DBT_LOG_LEVEL": "none",
            "DBT_PACKAGES_INSTALL_PATH": str(self.target / "packages"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
        }
        messages = []

        def hear(event):
            if event.info.level != "debug":
                messages.append(event.info.msg)

        runner = dbtRunner(manifest=manifest, callbacks=[hear])
        done = runner.invoke([*command, "--vars", json.dumps({"journey_schema": schema} | (variables or {}))])
        return done.success, "\n".join([*messages, str(done.exception or "")]), done.result

    def tables(self, schema):
        rows = self.sql(
            "SELECT table_name, string_agg(quote_ident(column_name) || CASE WHEN udt_name = 'trail' THEN '::text' ELSE '' END, ', '"
            f" ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = '{schema}'"
            f" AND column_name <> ALL ('{{{','.join(BOOKKEEPING)}}}') GROUP BY table_name ORDER BY table_name"
        )
        return dict(row.split("|", 1) for row in rows.splitlines())

    def digests(self, schema):
        """A digest of the rows of each table, whatever their order."""
        queries = [f"SELECT '{table}', md5(string_agg(row::text, E'\\n' ORDER BY row::text COLLATE \"C\")) FROM (SELECT {columns} FROM {schema}.{table}) AS row"
                   for table, columns in self.tables(schema).items()]
        return dict(row.split("|") for row in self.sql(" UNION ALL ".join(queries)).splitlines())

    @contextlib.contextmanager
    def plain_database(self, name):
        """For a while, another database, without the extension."""
        here = os.environ["PGDATABASE"]
        self.sql(f"DROP DATABASE IF EXISTS {name}")
        self.sql(f"CREATE DATABASE {name}")
        os.environ["PGDATABASE"] = name
        try:
            yield
        finally:
            os.environ["PGDATABASE"] = here

    def copy(self, schema, to):
        """The tables and views of a schema as tables of another."""
        self.sql(f"DROP SCHEMA IF EXISTS {to} CASCADE; CREATE SCHEMA {to}; " + " ".join(f"CREATE TABLE {to}.{table} AS TABLE {schema}.{table};" for table in self.tables(schema)))

    def differences(self, left, right, columns):
        """Rows of one side alone; duplicates count."""
        return self.sql(
            f"(SELECT '-', row.* FROM (SELECT {columns} FROM {left} EXCEPT ALL SELECT {columns} FROM {right}) AS row LIMIT 5)"
            f" UNION ALL (SELECT '+', row.* FROM (SELECT {columns} FROM {right} EXCEPT ALL SELECT {columns} FROM {left}) AS row LIMIT 5)"
        )


def same_tables(tap, shop, left, right, when):
    here, there = shop.tables(left), shop.tables(right)
    tap.ok(here == there, f"{when}: the same tables with the same columns", f"{here}\n{there}")
    for table in sorted(table for table in here.keys() & there.keys() if table.removeprefix("j_") not in RUNS):
        differences = shop.differences(f"{left}.{table}", f"{right}.{table}", here[table])
        tap.ok(differences == "", f"{when}: {table}", differences)


def built(tap, name, result):
    return tap.ok(result[0], name, result[1][-6000:])


def test_batches(tap, shop):
    """Four deliveries: an incremental run after each, and a full refresh beside it after the second and the last."""
    for number, until in enumerate(["2026-02-10", "2026-03-01", "2026-04-20", "2026-07-01"], start=1):
        shop.sql(f"CALL shop.arrive('{until}')")
        if number == 4:  # payments are corrected, and taken back
            shop.sql(CORRECTIONS)
        built(tap, f"batch {number}: builds, and all its tests pass", shop.dbt("build" if number in (1, 4) else "run", variables={"journey_unit_tests": True}))
        if number in (2, 4):
            built(tap, f"batch {number}: full refresh", shop.dbt("run", "--full-refresh", schema="refreshed"))
            same_tables(tap, shop, "analytics", "refreshed", f"batch {number}, incremental as full refresh")
    built(tap, "nothing new: builds", shop.dbt("run", variables={"journey_unit_tests": True}))
    same_tables(tap, shop, "analytics", "refreshed", "nothing new")


def test_totals(tap, shop):
    tap.ok(int(shop.sql("SELECT count(*) FROM analytics.sign_ups")) > 50, "there are sign-ups to speak of")
    lost = shop.sql(
        "SELECT (SELECT count(DISTINCT (who, \"timestamp\", id, CASE WHEN id IS NULL THEN received_at END)) FROM shop.tracks,"
        " coalesce(nullif(user_id, 'undefined'), anonymous_id) who WHERE isfinite(\"timestamp\") AND who IS NOT NULL)"
        " - (SELECT sum(events) FROM analytics.all_sessions)")
    tap.ok(lost == "0", "every event that has a time and a real id is in a session, once", lost)
    differences = shop.sql(
        "SELECT model FROM analytics.channel_performance GROUP BY model"
        " HAVING abs(sum(conversions) FILTER (WHERE kind = 'sign_up') - (SELECT count(*) FROM analytics.sign_ups)) > 1e-6"
        " OR abs(sum(conversions) FILTER (WHERE kind = 'order') - (SELECT count(*) FROM shop.orders)) > 1e-6"
        " OR abs(sum(value) - (SELECT sum(amount) FROM shop.orders)) > 1e-4"
    )
    tap.ok(differences == "", "under every model, credits add up to the sign-ups, the orders and the money", differences)
    differences = shop.sql(
        "SELECT visitor_id FROM analytics.customer_360 LEFT JOIN (SELECT visitor_id, sum(amount) AS paid FROM analytics.visitor_orders"
        " GROUP BY 1) AS orders USING (visitor_id) WHERE lifetime_value <> coalesce(paid, 0)"
    )
    tap.ok(differences == "", "lifetime values are the sums of the orders", differences)


def test_sql_engine(tap, shop):
    """SQL alone, in a database without the extension, by an incremental run: table by table what the extension made by a full refresh."""
    wanted = shop.digests("refreshed")
    shipped = shop.sql((PROJECT / "shipped_rules.sql").read_text())
    tap.ok(shipped == (ENGINE / "shipped_rules.sql").read_text().strip(), "the rules that the package ships are those of the extension")
    for type in ("alias_mode", "attribution_model"):
        labels = shop.sql(f"SELECT string_agg(quote_literal(label), ', ') FROM unnest(enum_range(NULL::journey.{type})) AS label")
        tap.ok(f"'{type}': [{labels}]" in (ENGINE / "engine.sql").read_text(), f"the values of {type} are those of the extension", labels)
    with shop.plain_database("test_dbt_plain"):
        shop.sql((PROJECT / "shop.sql").read_text())
        for until in ("2026-04-20", "2026-07-01"):
            shop.sql(f"CALL shop.arrive('{until}')")
            if until == "2026-07-01":
                shop.sql(CORRECTIONS)
            built(tap, f"sql: builds until {until}, and all its tests pass", shop.dbt("build", schema="plain", variables={"journey_engine": "sql"}))
        there = shop.sql("SELECT count(*) FROM pg_namespace, pg_extension WHERE nspname = 'journey' OR extname = 'journey'")
        tap.ok(there == "0", "sql: the database has nothing of the extension", there)
        found = shop.digests("plain")
        tap.ok(wanted.keys() - found.keys() == NOT_IN_SQL and found.keys() <= wanted.keys(), "sql: all tables but those that are listed",
               f"{wanted.keys() ^ found.keys()}")
        for table in sorted(found.keys() - RUNS - IN_SQL_ALONE):
            tap.ok(found[table] == wanted[table], f"sql: {table} is the extension's, row by row")


def test_rudderstack(tap, shop):
    """The five models over a source that is a model of the user's."""
    settings = {"journey_alias_mode": "latest_user", "journey_identifies": None, "journey_tracks": "ref('own_tracks')"}
    done, output, _ = shop.dbt("run", "--select", "+mapped_tracks", "+session_tracks", "+track_facts", "+tracks_flow", "+aliases_mapping",
                               schema="latest_user", variables=settings)
    tap.ok(done and output.index("latest_user.own_tracks") < output.index("latest_user.this_run_events"),
           "latest_user: builds, the user's own model first", output[-6000:])
    shop.sql((PROJECT / "rudderstack.sql").read_text())
    columns = {
        "aliases_mapping": "alias, dbt_visitor_id",
        "mapped_tracks": 'event_id, anonymous_id, dbt_visitor_id, "timestamp", event, idle_time_minutes',
        "session_tracks": "session_id, dbt_visitor_id, session_start_at, session_sequence_number, next_session_start_at",
        "track_facts": 'anonymous_id, "timestamp", event_id, event, session_id, dbt_visitor_id, track_sequence_number',
        "tracks_flow": 'event_id, session_id, track_sequence_number, event, dbt_visitor_id, "timestamp", event_2, event_3, event_4,'
        " event_5, track_event, next_event_2, next_event_3, next_event_4, next_event_5",
    }
    for table, names in columns.items():
        differences = shop.differences(f"latest_user.{table}", f"rudderstack.{table}", names)
        tap.ok(differences == "", f"{table} equals RudderStack's rule in plain SQL", differences)


OUTCOMES = """
DROP SCHEMA IF EXISTS outcomes CASCADE; CREATE SCHEMA outcomes;
CREATE TABLE outcomes.alias_visitors (alias, kind, visitor_id) AS VALUES ('ann', 'user', 'ann'), ('ann-2', 'user', 'ann'), ('bob', 'anonymous', 'cid');
CREATE TABLE outcomes.this_run_contacts (user_id, campaign, contacted_at) AS VALUES
 ('ann-2', 'winback', timestamptz '2026-02-10Z'), ('ann', 'winback', '2026-02-12Z'), ('bob', 'winback', '2026-01-01Z'), ('eva', 'winback', '2026-02-10Z'), ('cid', 'spring', '2026-03-01Z');
CREATE TABLE outcomes.rfm_history (snapshot_at, visitor_id, segment, frequency, monetary, is_current) AS VALUES
 (timestamptz '2026-01-31Z', 'ann', 'At risk', 2::bigint, 20::numeric, false), ('2026-01-31Z', 'bob', 'At risk', 1, 10, false), ('2026-01-31Z', 'cid', 'Champions', 5, 100, false),
 ('2026-02-28Z', 'ann', 'Loyal', 3, 50, false), ('2026-02-28Z', 'bob', 'At risk', 1, 10, false), ('2026-02-28Z', 'cid', 'Champions', 6, 120, false),
 ('2026-02-28Z', 'dee', 'New', 1, 5, false), ('2026-03-31Z', 'ann', 'Loyal', 3, 50, false), ('2026-03-31Z', 'bob', 'Lost', 1, 5, false),
 ('2026-03-31Z', 'cid', 'Champions', 6, 120, false), ('2026-03-31Z', 'dee', 'At risk', 1, 5, false), ('2026-04-10Z', 'ann', 'Lost', 9, 90, true);
"""


def test_outcomes(tap, shop):
    """Ann is reached by two ids, between the first snapshot and the second; Bob before there was any; Eva is no customer; Cid is reached once more
    than a snapshot later. The present is none."""
    shop.sql(OUTCOMES)
    built(tap, "outcomes of campaigns: builds", shop.dbt("run", "--select", "segment_outcomes", schema="outcomes", variables={"journey_contacts": "outcomes.contacts"}))
    found = shop.sql("SELECT campaign, to_char(snapshot_at, 'Mon'), segment_then, contacted, snapshots_later, segment_later, visitors, orders, spent"
                     " FROM outcomes.segment_outcomes ORDER BY campaign, segment_then, snapshots_later")
    wanted = ["spring|Feb|At risk|f|1|Lost|1|0|-5", "spring|Feb|Champions|t|1|Champions|1|0|0", "spring|Feb|Loyal|f|1|Loyal|1|0|0", "spring|Feb|New|f|1|At risk|1|0|0",
              "winback|Jan|At risk|t|1|Loyal|1|1|30", "winback|Jan|At risk|f|1|At risk|1|0|0", "winback|Jan|At risk|t|2|Loyal|1|1|30", "winback|Jan|At risk|f|2|Lost|1|0|-5",
              "winback|Jan|Champions|f|1|Champions|1|1|20", "winback|Jan|Champions|f|2|Champions|1|1|20"]
    tap.ok(sorted(found.splitlines()) == sorted(wanted), "outcomes of campaigns: as worked by hand", found)


def test_settings(tap, shop):
    """Each wrong setting, and what the message must hold."""
    shop.sql("DROP SCHEMA IF EXISTS odd CASCADE; CREATE SCHEMA odd; CREATE TABLE odd.tracks AS SELECT * FROM shop.tracks LIMIT 0;"
             ' ALTER TABLE odd.tracks ALTER "timestamp" TYPE text')
    cases = [
        ({"journey_engine": "both"}, "Set it to auto, extension or sql"),
        ({"journey_tracks": None}, "variable journey_tracks is null"),
        ({"journey_tracks": "shop.nothing"}, "There is no such table or view"),
        ({"journey_tracks": "a.b.c.d"}, "Give schema.table"),
        ({"journey_preset": "mixpanel"}, "Set it to rudderstack, segment, snowplow or plain"),
        ({"journey_tracks_columns": {"event": "name"}}, "has no column name (it has: id, anonymous_id"),
        ({"journey_tracks_columns": {"ts": None}}, "ts is needed"),
        ({"journey_tracks_columns": {"page": "url"}}, "There is no such column of ours"),
        ({"journey_tracks_columns": {"anonymous_id": None, "user_id": None}, "journey_identifies": None}, "has no column with an id"),
        ({"journey_sources": {"calls": {"tabel": "shop.tracks"}}}, "table is needed"),
        ({"journey_sources": {"calls": {"table": "shop.tracks", "pasive": True}}}, "Known are table, columns"),
        ({"journey_conversions": {"trial": {"value": "1"}}}, "when is needed"),
        ({"journey_id_kinds": ["user"]}, "List user and anonymous"),
        ({"journey_rapid_events": {"events": 20}}, "Give {events: <a number from 1>, lag: <an interval>}"),
        ({"journey_device_owners": "30 days", "journey_max_users": 1}, "A device is its owner's for a time"),
        ({"journey_lower_ids": ["email"]}, "Choose from: user, anonymous"),
        ({"journey_tracks": "odd.tracks"}, "must be a timestamp"),
        ({"journey_timeout": "soon"}, "journey_timeout is \"soon\". Give a number and a unit"),
        ({"journey_lookback": "1 month"}, "journey_lookback is \"1 month\". Give a number and a unit from seconds to weeks"),
        ({"journey_rfm_window": "1 decade"}, "Give a number and a unit from seconds to years"),
        ({"journey_attribution_models": ["first", "best"]}, "Choose from: first, last"),
        ({"journey_alias_mode": "fuzzy"}, "Choose from: connected, latest_user"),
        ({"journey_snapshot_grain": "fortnight"}, "day, week, month, quarter or year"),
        ({"journey_funnel": ["event = 'Order'"]}, "Give 1 to 64 steps, {name: condition}"),
        ({"journey_funnel_within": "soon"}, "journey_funnel_within is \"soon\". Give a number and a unit"),
    ]
    _, output, parsed = shop.dbt("parse", schema="settings")
    tap.ok("eprecat" not in output, "nothing that dbt deprecates", output)
    for settings, message in cases:
        done, output, _ = shop.dbt("run", "--select", "this_run_events", schema="settings", variables=settings, manifest=parsed)
        tap.ok(not done and message in output, f"{settings}: says so", output[-3000:])

    with shop.plain_database("test_dbt_bare"):
        bare = shop.dbt("parse", schema="settings")[2]  # what is parsed belongs to a database
        done, output, _ = shop.dbt("run", "--select", "this_run_events", schema="settings", variables={"journey_engine": "extension"}, manifest=bare)
        tap.ok(not done and "CREATE EXTENSION journey" in output, "a database without the extension: says so", output[-3000:])
        done, output, _ = shop.dbt("run", "--select", "data_driven_credits", schema="settings", manifest=bare)
        tap.ok(not done and "data_driven_credits needs the extension journey" in output and "Set journey_engine: sql" in output,
               "without the extension, a model that SQL does not make: says so", output[-3000:])
        for settings, message in [({"journey_max_users": 1}, "journey_max_users is 1. It takes links one by one, which needs the extension"),
                                  ({"journey_rfm_bins": 4}, "there is the matrix standard, with journey_rfm_bins: 5")]:
            done, output, _ = shop.dbt("run", "--select", "this_run_events", schema="settings", variables=settings, manifest=bare)
            tap.ok(not done and message in output, f"without the extension, {settings}: says so", output[-3000:])
    return parsed


def test_pipeline(tap, shop, parsed):
    """A pipeline is refreshed from dbt, which has always a transaction open; one that is not there is told."""
    shop.sql("""
        CREATE SCHEMA piped;
        CREATE TABLE piped.events (device text, ts timestamptz);
        SELECT journey.create_pipeline('piped', 'piped');
        SELECT journey.add_source('piped', 'piped.events', ts => 'ts', anonymous_id => 'device');
        INSERT INTO piped.events VALUES ('phone', now());
        CALL journey.fill('piped');""")
    built(tap, "pipeline: refreshed", shop.dbt("run-operation", "refresh_pipeline", "--args", "{name: piped}", schema="settings", manifest=parsed))
    shop.sql("INSERT INTO piped.events VALUES ('tablet', now())")
    built(tap, "pipeline: refreshed again", shop.dbt("run-operation", "refresh_pipeline", "--args", "{name: piped}", schema="settings", manifest=parsed))
    tap.ok(shop.sql("SELECT string_agg(visitor_id, ' ' ORDER BY visitor_id) FROM piped.piped_visitors") == "phone tablet", "pipeline: what is new is there")
    failed = shop.dbt("run-operation", "refresh_pipeline", "--args", "{name: pipd}", schema="settings", manifest=parsed)
    tap.ok(not failed[0] and 'pipeline "pipd" does not exist' in failed[1], "pipeline: a name that is none fails, and is told", failed[1])
    shop.sql("SELECT journey.drop_pipeline('piped', keep_tables => false); DROP SCHEMA piped CASCADE")


PIPELINE = """
DROP SCHEMA IF EXISTS shop_pipeline CASCADE; CREATE SCHEMA shop_pipeline;
SELECT journey.create_pipeline('shop', 'shop_pipeline', own_hosts => '{shop.example}', targets => '{all_sessions,useful_sessions,attribution,attribution_credits,customer_360,rfm}');
SELECT journey.add_source('shop', 'shop.tracks', ts => '"timestamp"', event_id => 'id', anonymous_id => 'anonymous_id', user_id => 'user_id', event => 'event',
  page_url => 'context_page_url', referrer => 'context_page_referrer', conversions => '{"sign_up": {"when": "event = ''Signed Up''"}}', changes => 'trigger');
SELECT journey.add_source('shop', 'shop.identifies', ts => '"timestamp"', anonymous_id => 'anonymous_id', user_id => 'user_id', passive => 'true', changes => 'trigger');
SELECT journey.add_source('shop', 'shop.orders', ts => 'paid_at', event_id => 'order_id', user_id => 'user_id', passive => 'true', conversions => '{"order": {"value": "amount"}}',
  changes => 'trigger');
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \\gexec
"""
# Of the models that the two roads make, those that differ by more than what is bookkeeping, and in what: in a pipeline an order is a sighting of its user.
# As of now is another time; a score is none.
OTHER_COLUMNS = {
    "alias_visitors": {"members", "first_seen_at", "last_seen_at"},
    "big_visitors": {"first_seen_at", "last_seen_at"},
    "customer_360": {"user_ids"},
    "rfm_current": {"days_since_last_order"},
}


def test_over_a_pipeline(tap, shop):
    """The shop by both roads: with journey_pipeline each model is what the package makes alone, row by row."""
    settings = {"journey_pipeline": "shop", "journey_attribution_models": ["first", "last", "first_paid", "last_paid", "linear"]}
    manifest = shop.dbt("parse", schema="piped", variables=settings)[2]

    def refused(what, message, **other):
        done, output, _ = shop.dbt("run", "--select", "this_run_events", schema="piped", variables=settings | other, manifest=manifest)
        tap.ok(not done and message in output, f"over a pipeline, {what}: says so", output[-3000:])

    shop.sql(PIPELINE)
    refused("that is not there", "(there are: shop). Declare it with journey.create_pipeline", journey_pipeline="web")
    refused("with another rule of sessions", "Pipeline shop has \"00:30:00\"", journey_timeout="20 minutes")
    refused("without a kind of conversions", "It lacks the conversions trial", journey_conversions={"trial": {"when": "event = 'Trial'"}})
    refused("with a rule that pipelines have not", "A pipeline has no such rule", journey_device_owners="30 days")
    refused("that is not filled", "Run: CALL journey.fill('shop')")
    shop.sql("CALL journey.fill('shop')")
    result = shop.dbt("build", schema="piped", variables=settings, manifest=manifest)
    built(tap, "over a pipeline: builds, and all its tests pass", result)
    tap.ok(not [line for line in result[1].splitlines() if "WARN" in line and ("agree" in line or "fit" in line or "every_event" in line)],
           "over a pipeline: its sessions are those of the events", result[1][-3000:])
    views = shop.sql("SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM information_schema.views WHERE table_schema = 'piped' AND view_definition LIKE '%shop_pipeline.shop_%'")
    tap.ok(views == "alias_trails all_sessions attribution attribution_credits conversions customer_360 rfm_current visitor_trails", "over a pipeline: the models that are views of it", views)
    there, here = shop.tables("refreshed"), shop.tables("piped")
    tap.ok(there == here, "over a pipeline: the same tables with the same columns", f"{there}\n{here}")
    models = ",".join(settings["journey_attribution_models"])
    for table in sorted(there.keys() & here.keys() - RUNS):
        columns = ", ".join(column for column in there[table].split(", ") if column not in OTHER_COLUMNS.get(table, ()))
        if table in ("alias_visitors", "aliases_mapping"):  # with the ids of those who have ordered, and not come
            differences = shop.sql(f"SELECT {columns} FROM refreshed.{table} EXCEPT SELECT {columns} FROM piped.{table} LIMIT 5")
        elif "model" in columns.split(", ") and "data_driven" not in table:
            differences = shop.differences(f"(SELECT * FROM refreshed.{table} WHERE model = ANY ('{{{models}}}')) AS here", f"piped.{table}", columns)
        else:
            differences = shop.differences(f"refreshed.{table}", f"piped.{table}", columns)
        tap.ok(differences == "", f"over a pipeline: {table}", differences)
    shop.sql("DROP SCHEMA piped CASCADE; SELECT journey.drop_pipeline('shop', keep_tables => false); DROP SCHEMA shop_pipeline")


def test_documentation(tap, shop):
    built(tap, "dbt docs generate", shop.dbt("docs", "generate", variables={"journey_unit_tests": True}))  # as it was parsed
    target = shop.target / "analytics"
    catalog = json.loads((target / "catalog.json").read_text())["nodes"]
    manifest = json.loads((target / "manifest.json").read_text())["nodes"]
    missing = []
    for name, node in catalog.items():
        if not name.startswith("model.journey."):
            continue
        documented = {column for column, facts in manifest[name]["columns"].items() if facts["description"]}
        missing += [f"{name}.{column}" for column in node["columns"] if column not in documented]
        missing += [name] * (not manifest[name]["description"])
        missing += [f"{name}.{column} (not there)" for column in documented if column not in node["columns"]]
    tap.ok(len(catalog) > 15 and not missing, "every model and every column is documented, and no other", "\n".join(missing))


def test_style(tap, shop):
    """The SQL that dbt has made of the models, by rules of dbt/.sqlfluff."""
    run = [sys.executable, "-m", "sqlfluff", "lint", "--config", ROOT / "dbt" / ".sqlfluff", "--processes", "2", "compiled/journey/models"]
    done = subprocess.run(run, cwd=shop.target / "analytics", capture_output=True, text=True)
    tap.ok(done.returncode == 0, "sqlfluff finds no fault with the models", (done.stdout + done.stderr)[-6000:])


def load(shop, table, rows):
    """Rows as dictionaries of texts, into a table of texts."""
    names = ", ".join(f"{name} text" for name in rows[0])
    shop.sql(f"CREATE TABLE IF NOT EXISTS {table} ({names}); INSERT INTO {table} SELECT * FROM jsonb_to_recordset($rows${json.dumps(rows)}$rows$) AS rows({names})")


def csv_rows(path):
    with path.open(newline="") as file:
        return [{name: None if value in ("", "NULL") else value for name, value in row.items()} for row in csv.DictReader(file)]


SNOWPLOW = {
    "journey_identifies": None,
    "journey_orders": None,
    "journey_spend": None,
    "journey_own_hosts": [],
    "journey_tracks_columns": {"event_id": "event_id", "anonymous_id": "domain_userid", "user_id": "user_id", "event": "event_name", "ts": "ts",
                               "received_at": "received_at", "page_url": "page_url", "referrer": "page_referrer"},
}


def test_snowplow_ecommerce(tap, shop, data):
    """834 events as Snowplow's tracker sends them. One is of another app; in the rest the tracker counted 63 sessions, by ids
    of its own. Ours, by a timeout of 30 minutes over the events' times, are the same ones, event by event."""
    rows = csv_rows(data / "data" / "source" / "snowplow_ecommerce_events.csv")
    published = {row["domain_sessionid"] for row in csv_rows(data / "data" / "expected" / "default" / "snowplow_ecommerce_sessions_expected.csv")}
    columns = ["event_id", "domain_userid", "domain_sessionid", "user_id", "event_name", "derived_tstamp", "collector_tstamp", "page_url", "page_referrer", "app_id"]
    mobile = "contexts_com_snowplowanalytics_snowplow_client_session_1_0_1"
    for row in rows:
        if row["platform"] == "mob":  # a mobile tracker sends both ids in a context
            session = json.loads(row[mobile])[0]
            row["domain_userid"], row["domain_sessionid"] = session["userId"], session["sessionId"]
    shop.sql("CREATE SCHEMA IF NOT EXISTS snowplow")
    load(shop, "snowplow.ecommerce", [{name: row[name] for name in columns} for row in rows])
    shop.sql("CREATE VIEW snowplow.ecommerce_tracks AS SELECT *, derived_tstamp::timestamptz AS ts, collector_tstamp::timestamptz AS received_at"
             " FROM snowplow.ecommerce WHERE app_id <> 'skip-me'")
    built(tap, "snowplow ecommerce: builds", shop.dbt("build", schema="ecommerce", variables=SNOWPLOW | {"journey_tracks": "snowplow.ecommerce_tracks"}))
    ours = shop.sql("SELECT count(*), sum(events) FROM ecommerce.all_sessions")
    tap.ok(ours == f"{len(published)}|833", "snowplow ecommerce: 63 sessions over 833 events", ours)
    pairs = shop.sql("SELECT count(DISTINCT facts.session_id), count(DISTINCT tracks.domain_sessionid), count(DISTINCT (facts.session_id, tracks.domain_sessionid))"
                     " FROM ecommerce.track_facts AS facts JOIN snowplow.ecommerce_tracks AS tracks USING (event_id)")
    tap.ok(pairs == "63|63|63", "snowplow ecommerce: they are the tracker's own, one by one", pairs)


def test_snowplow_late_log_in(tap, shop, data):
    """Two deliveries: in the second, user_id_3 logs in on a device that was anonymous in the first. Its history follows. The
    tracker counted 5 sessions; user 3's two are 40 seconds apart, and so are one under any timeout: 4."""
    seeds = data / "seeds"
    settings = SNOWPLOW | {"journey_tracks": "snowplow.late_tracks", "journey_alias_mode": "latest_user"}
    columns = ["event_id", "domain_userid", "user_id", "event_name", "derived_tstamp", "collector_tstamp", "page_url", "page_referrer"]
    for batch in ("sp_event", "sp_event_update"):
        load(shop, "snowplow.late", [{name: row[name] for name in columns} for row in csv_rows(seeds / "event" / f"{batch}.csv")])
        shop.sql("CREATE OR REPLACE VIEW snowplow.late_tracks AS SELECT *, derived_tstamp::timestamptz AS ts, collector_tstamp::timestamptz AS received_at FROM snowplow.late")
        built(tap, f"snowplow {batch}: builds", shop.dbt("build", schema="late", variables=settings))
    expected = csv_rows(seeds / "expected" / "snowplow_sessions_expected.csv")
    owners = dict(row.split("|") for row in shop.sql(
        "SELECT alias, dbt_visitor_id FROM late.aliases_mapping WHERE NOT is_user ORDER BY alias").splitlines())
    tap.ok(owners == {row["user_snowplow_domain_id"]: row["inferred_user_id"] for row in expected}, "snowplow: the inferred users are the published ones", owners)
    sessions = shop.sql("SELECT count(*), count(DISTINCT visitor_id) FROM late.all_sessions")
    tap.ok(sessions == "4|4", "snowplow: one session each, user 3's two being 40 seconds apart", sessions)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--psql", default="psql")
    arguments.add_argument("--target", type=pathlib.Path, required=True)
    arguments.add_argument("--shared", type=pathlib.Path)
    arguments.add_argument("--brief", action="store_true", help="one build of the whole shop, and what must add up")
    options = arguments.parse_args()
    tap = Tap()
    shop = Shop(options)
    shop.sql((PROJECT / "shop.sql").read_text())
    (PROJECT / "package-lock.yml").unlink(missing_ok=True)  # another dbt may have written it
    if not built(tap, "dbt deps", shop.dbt("deps")):
        pass
    elif options.brief:
        shop.sql("CALL shop.arrive('2026-07-01')")
        built(tap, "the whole shop: builds, and all its tests pass", shop.dbt("build"))
        test_totals(tap, shop)
        test_style(tap, shop)
    else:
        test_batches(tap, shop)
        test_totals(tap, shop)
        test_sql_engine(tap, shop)
        test_rudderstack(tap, shop)
        test_outcomes(tap, shop)
        parsed = test_settings(tap, shop)
        test_pipeline(tap, shop, parsed)
        dbt_daily.test_day_by_day(tap, shop, parsed)
        test_over_a_pipeline(tap, shop)
        test_documentation(tap, shop)
        test_style(tap, shop)
        dbt_warehouses.test_rudderstack_warehouse(tap, shop, same_tables)
        dbt_warehouses.test_segment_warehouse(tap, shop, same_tables)
        dbt_warehouses.test_by_git(tap, ROOT)
        dbt_warehouses.test_quick_start(tap, shop, ROOT / "dbt")
        dbt_warehouses.test_beside_a_writer(tap, shop, same_tables)
        looker.check(tap, shop, ROOT / "looker", "analytics")
        for test, folder in [(test_snowplow_ecommerce, "snowplow_ecommerce_apache"), (test_snowplow_late_log_in, "dbtlabs_snowplow")]:
            if options.shared and (options.shared / folder).is_dir():
                test(tap, shop, options.shared / folder)
            else:
                tap.skip(test.__name__, f"{folder} is absent")
    tap.finish()


if __name__ == "__main__":
    main()
