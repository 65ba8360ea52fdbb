"""What a run of the dbt package costs with each engine: whole, with what is new, and with nothing new. Runs in the database that PGDATABASE names."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent
PROJECT = ROOT / "dbt" / "integration_tests"
SETTINGS = {
    "journey_preset": "plain",
    "journey_tracks": "cost.tracks",
    "journey_identifies": None,
    "journey_orders": "cost.orders",
    "journey_orders_columns": {"paid_at": "paid_at", "amount": "amount"},
    "journey_spend": None,
    "journey_signup_event": "cart",
    "journey_own_hosts": ["shop.example"],
    "journey_attribution_models": ["first", "last", "first_paid", "last_paid", "linear"],
    "journey_as_of": "2026-01-01 00:00:00+00",  # when the last event has just come
}

# Orders are events, too, so that those of the new share are new as well. Events arrive as they happen.
TABLES = """
CREATE SCHEMA cost;
CREATE TABLE cost.arrivals AS SELECT event_id::text, anonymous_id, user_id, event, ts, ts AS received_at, page_url, referrer, row_number() OVER (ORDER BY ts, event_id) AS number FROM events;
CREATE TABLE cost.tracks AS SELECT event_id, anonymous_id, user_id, event, ts, received_at, page_url, referrer FROM cost.arrivals WHERE number <= {old};
CREATE INDEX ON cost.tracks (received_at);
CREATE VIEW cost.orders AS SELECT event_id AS order_id, user_id, anonymous_id, ts AS paid_at, 20.0 AS amount FROM cost.tracks WHERE event = 'order';
VACUUM ANALYZE cost.tracks;
"""
ARRIVE = "INSERT INTO cost.tracks SELECT event_id, anonymous_id, user_id, event, ts, received_at, page_url, referrer FROM cost.arrivals WHERE number > {old}"


def run(target, engine, *command):
    """Seconds by model of one run of dbt."""
    environment = os.environ | {"DBT_PROFILES_DIR": str(PROJECT), "DBT_TARGET_PATH": str(target / engine), "DBT_LOG_PATH": str(target), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    settings = SETTINGS | {"journey_engine": engine, "journey_schema": f"cost_{engine}"}
    done = subprocess.run([pathlib.Path(sys.executable).parent / "dbt", *command, "--vars", json.dumps(settings)], cwd=PROJECT, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    results = json.loads((target / engine / "run_results.json").read_text())["results"] if command[0] == "run" else []
    return {result["unique_id"].split(".")[-1]: result["execution_time"] for result in results if result["unique_id"].startswith("model.")}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--psql", default="psql")
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--new", type=float, default=0.01)
    arguments.add_argument("--engines", nargs="+", default=["extension", "sql"])
    options = arguments.parse_args()
    old = round(options.events * (1 - options.new))

    def sql(text):
        variables = ["-v", f"events={options.events}", "-v", "seed=1"]
        subprocess.run([options.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", *variables, "-f", "-"], input=text, text=True, check=True, stdout=subprocess.DEVNULL)

    sql((ROOT / "bench" / "events.sql").read_text() + TABLES.format(old=old))
    with tempfile.TemporaryDirectory() as target:
        target = pathlib.Path(target)
        run(target, options.engines[0], "deps")
        whole = {engine: run(target, engine, "run", "--threads", "1", "--full-refresh") for engine in options.engines}
        sql(ARRIVE.format(old=old))
        new = {engine: run(target, engine, "run", "--threads", "1") for engine in options.engines}
        nothing = {engine: run(target, engine, "run", "--threads", "1") for engine in options.engines}
    for engine in options.engines:
        columns = [whole[engine], new[engine], nothing[engine]]
        print(f"\n{engine:<24}{'whole s':>10}{'new s':>10}{'nothing s':>10}{'new of whole':>16}")
        for name in sorted(whole[engine], key=lambda name: -new[engine][name]):
            print(f"{name:<24}{''.join(f'{column[name]:>10.2f}' for column in columns)}{new[engine][name] / whole[engine][name]:>16.2f}")
        totals = [sum(column.values()) for column in columns]
        print(f"{'all':<24}{''.join(f'{total:>10.2f}' for total in totals)}{totals[1] / totals[0]:>16.3f}")
    if len(options.engines) == 2:
        one, other = options.engines
        for what, seconds in (("whole", whole), ("with what is new", new)):
            print(f"{other} takes {sum(seconds[other].values()) / sum(seconds[one].values()):.2f} times as long as {one}, {what}")


if __name__ == "__main__":
    main()
