"""Pipelines under pg_cron, in both of its modes, and over tables of pg_partman: jobs that a scheduler calls keep the targets fresh, a job
that fails shows it, and new months and rows in the default partition are no end of anything. Skipped where the packages are absent.

Prints TAP; exits non-zero on any failure.
"""

import argparse
import subprocess
import threading
import time

from cluster import Cluster
from tap import Tap

parser = argparse.ArgumentParser()
parser.add_argument("--psql", default="psql")
options = parser.parse_args()
tap = Tap()

DECLARE = """
CREATE EXTENSION journey;
CREATE SCHEMA shop;
CREATE TABLE shop.events (event_id text, device text, ts timestamptz);
SELECT journey.create_pipeline('web', 'shop') \\g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device') \\g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');
CREATE EXTENSION pg_cron;
"""


def until(cluster, query, wanted, seconds=100):
    """Asks until the answer is as wanted; the last answer."""
    end = time.monotonic() + seconds
    while (answer := cluster.sql(query)) != wanted and time.monotonic() < end:
        time.sleep(0.5)
    return answer


def scheduled(workers):
    mode = "background workers" if workers else "connections"
    cluster = Cluster(options.psql, ["shared_preload_libraries = 'pg_cron'", "cron.database_name = 'postgres'", "cron.host = ''", f"cron.use_background_workers = {'on' if workers else 'off'}", "max_worker_processes = 20"])
    try:
        cluster.sql(DECLARE + "SELECT cron.schedule('web', '* * * * *', $$CALL journey.run('web', lasting => '50 seconds')$$) \\g /dev/null")
        cluster.sql("UPDATE cron.job SET nodename = '';")
        cluster.sql("INSERT INTO shop.events VALUES ('e1', 'd1', now() - interval '1 hour'), ('e2', 'd2', now() - interval '1 hour');")
        answer = until(cluster, "SELECT count(*) FROM shop.web_visitors", "2")
        tap.ok(answer == "2", f"pg_cron by {mode}: events come without anybody's doing", cluster.sql("SELECT status, return_message FROM cron.job_run_details"))
        cluster.sql("INSERT INTO shop.events VALUES ('e3', 'd3', now() - interval '1 hour');")
        answer = until(cluster, "SELECT count(*) FROM shop.web_visitors", "3")
        tap.ok(answer == "3", f"pg_cron by {mode}: and those that come while a job is at work")
        # Something breaks: the job fails, and the pipeline says so.
        cluster.sql("ALTER TABLE shop.events RENAME device TO machine;\nINSERT INTO shop.events (event_id, machine, ts) VALUES ('e4', 'd4', now());")
        answer = until(cluster, "SELECT state || ' ' || sqlstate FROM journey.progress", "failed 42804")
        tap.ok(answer == "failed 42804", f"pg_cron by {mode}: what breaks is seen in progress", answer)
        answer = until(cluster, "SELECT count(*) > 0 FROM cron.job_run_details WHERE status = 'failed'", "t", 10)
        tap.ok(answer == "t", f"pg_cron by {mode}: and in its log", cluster.sql("SELECT status, return_message FROM cron.job_run_details"))
    finally:
        cluster.stop()


PARTMAN = """
CREATE EXTENSION journey;
CREATE SCHEMA partman;
CREATE EXTENSION pg_partman SCHEMA partman;
CREATE SCHEMA shop;
CREATE TABLE shop.events (event_id text, device text, ts timestamptz NOT NULL) PARTITION BY RANGE (ts);
SELECT partman.create_parent('shop.events', 'ts', 'native', 'monthly', p_premake => 1) \\g /dev/null
SELECT journey.create_pipeline('web', 'shop') \\g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device') \\g /dev/null
CALL journey.fill('web');
CALL journey.refresh('web');
"""


def partitioned():
    cluster = Cluster(options.psql)
    try:
        cluster.sql(PARTMAN)
        problems = "SELECT coalesce(string_agg(DISTINCT check_name, ' '), '') FROM journey.health() WHERE NOT ok"
        tap.ok(cluster.sql(problems) == "", "pg_partman: health has no complaint", cluster.sql("SELECT * FROM journey.health() WHERE NOT ok"))
        # A month that has no partition yet: into the default one.
        cluster.sql("INSERT INTO shop.events SELECT 'e' || m, 'd' || m, date_trunc('month', now()) + m * interval '1 month' FROM generate_series(0, 3) AS m;\nCALL journey.refresh('web');")
        tap.ok(cluster.sql("SELECT count(*) FROM shop.web_visitors") == "4", "rows in the default partition count")
        tap.ok(cluster.sql(problems) == "default_partition", "health sees them", cluster.sql("SELECT * FROM journey.health() WHERE NOT ok"))
        # Its command is pg_partman's own; it takes them out, into partitions of their own.
        cluster.sql("SELECT command FROM journey.health() WHERE NOT ok \\gexec")
        cluster.sql("SELECT partman.run_maintenance('shop.events') \\g /dev/null\nCALL journey.refresh('web');")
        tap.ok(cluster.sql("SELECT count(*) FROM ONLY shop.events_default") == "0" and cluster.sql(problems) == "", "and gives the command that moves them", cluster.sql("SELECT * FROM journey.health() WHERE NOT ok"))
        answer = cluster.sql("SELECT count(*), sum(journey.event_count(trail)) FROM shop.web_visitors")
        tap.ok(answer == "4|4", "each counts once", answer)
        # The oldest month goes, as by a retention.
        cluster.sql("UPDATE partman.part_config SET retention = '1 month', retention_keep_table = false, infinite_time_partitions = true;\nINSERT INTO shop.events VALUES ('old', 'old', date_trunc('month', now()) - interval '1 month');\nCALL journey.refresh('web');")
        cluster.sql("SELECT partman.run_maintenance('shop.events') \\g /dev/null\nCALL journey.refresh('web');\nINSERT INTO shop.events VALUES ('new', 'd0', now());\nCALL journey.refresh('web');")
        answer = cluster.sql("SELECT count(*) FILTER (WHERE visitor_id = 'old'), sum(journey.event_count(trail)) FROM shop.web_visitors")
        tap.ok(answer == "1|6", "after a retention history is kept, and what is new comes", answer)
    finally:
        cluster.stop()


def available(extension):
    query = f"SELECT count(*) FROM pg_available_extensions WHERE name = '{extension}'"
    return subprocess.run([options.psql, "-XqAt", "-c", query], capture_output=True, text=True, check=True).stdout.strip() == "1"


if available("pg_cron"):
    # A job begins with the minute: both wait for the same one.
    modes = [threading.Thread(target=scheduled, args=(workers,)) for workers in (True, False)]
    for mode in modes:
        mode.start()
    for mode in modes:
        mode.join()
else:
    tap.skip("pg_cron", "its package is absent")
if available("pg_partman"):
    partitioned()
else:
    tap.skip("pg_partman", "its package is absent")
tap.finish()
