"""connect/monitoring as it is used: prometheus-sql-exporter with its configuration, a pipeline that breaks, and the conditions of the alert
rules by what the exporter says. Without the exporter the queries are run by psql, and give the same metrics. Every query of the dashboard runs.

Prints TAP; exits non-zero on any failure.
"""

import argparse
import json
import operator
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

from ports import free_port
from tap import Tap

parser = argparse.ArgumentParser()
parser.add_argument("--psql", default="psql")
options = parser.parse_args()
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "connect/monitoring"
DATABASE = "operation_monitoring"
CONFIG = (FOLDER / "sql_exporter.yml").read_text()
RULES = (FOLDER / "journey.rules.yml").read_text()
tap = Tap()


def sql(script, database=DATABASE):
    done = subprocess.run([options.psql, "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database], input=script, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stderr}\nin:\n{script}")
    return done.stdout.strip()


def words(text):
    return [word.strip() for word in text.split(",")]


def queries():
    """(name, labels, values, query) of each in the configuration."""
    pattern = r"- name: (\w+)\n +help: .*\n +labels: \[(.*)\]\n +values: \[(.*)\]\n +query: \|\n((?: {10}.*\n)+)"
    return [(name, words(labels), words(values), query) for name, labels, values, query in re.findall(pattern, CONFIG)]


def by_psql():
    metrics = {}
    for name, labels, values, query in queries():
        for line in sql(f"SELECT {', '.join(labels + values)} FROM ({query}) AS q;").splitlines():
            fields = line.split("\t")
            for value, number in zip(values, fields[len(labels) :]):
                metrics[f"sql_{name}", value, *fields[: len(labels)]] = float(number)
    return metrics


class Exporter:
    """The exporter with our configuration, for our database and often."""

    def __init__(self):
        self.port = free_port()
        connection = f"postgres://{os.environ['PGUSER']}@/{DATABASE}?host={os.environ['PGHOST']}&sslmode=disable"
        self.config = tempfile.NamedTemporaryFile("w", suffix=".yml")
        self.config.write(re.sub(r"postgres://\S+", lambda _: f'"{connection}"', CONFIG).replace("interval: 30s", "interval: 1s"))
        self.config.flush()
        self.process = subprocess.Popen(
            ["prometheus-sql-exporter", f"-web.listen-address=127.0.0.1:{self.port}", f"-config.file={self.config.name}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def metrics(self):
        """Those of each pipeline as they are within two rounds."""
        time.sleep(4)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        metrics = {}
        names = {f"sql_{name}": labels for name, labels, *_ in queries()}
        for line in lines:
            found = re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line)
            if found and found[1] in names:
                given = dict(re.findall(r'(\w+)="([^"]*)"', found[2]))
                metrics[found[1], given["col"], *(given[label] for label in names[found[1]])] = float(found[3])
        return metrics

    def stop(self):
        self.process.terminate()
        self.process.wait()


COMPARE = {">": operator.gt, "==": operator.eq}


def firing(metrics):
    """The alerts whose condition holds, but for how long it must."""
    alerts = set()
    for alert, expression in re.findall(r"- alert: (\w+)\n +expr: (.*)\n", RULES):
        if absent := re.fullmatch(r"absent\((\w+)\)", expression):
            holds = not any(name == absent[1] for name, *_ in metrics)
        else:
            name, column, compare, bound = re.fullmatch(r'(\w+)\{col="(\w+)"\} (>|==) (\d+)', expression).groups()
            there = [number for (metric, value, *_), number in metrics.items() if (metric, value) == (name, column)]
            if not there and metrics:
                tap.ok(False, f"{alert}: there is a metric {name} with {column}")
            holds = any(COMPARE[compare](number, float(bound)) for number in there)
        if holds:
            alerts.add(alert)
    return alerts


def watch(metrics, how):
    """Breaks the pipeline in one way after the other, and looks who would tell."""
    # Partitions and slots of the server that tests share are not ours.
    sql("SELECT journey.resume('web') \\g /dev/null\nCALL journey.refresh('web', wait => true);")
    said = metrics()
    tap.ok(firing(said) <= {"JourneyPipelineUnwell"} and said["sql_journey_pipeline", "active", "web"] == 1, f"{how}: no alert while all is well", firing(said))
    tap.ok(said["sql_journey_health", "problems", "web", "state"] == 0 and said["sql_journey_runs", "events", "web", "fill"] == 1, f"{how}: health and runs are there", said)
    sql("UPDATE journey.pipelines SET seen_at = now() - interval '1 hour';")
    tap.ok("JourneyPipelineLag" in firing(metrics()), f"{how}: a scheduler that has stopped")
    sql("ALTER TABLE shop.events RENAME device TO machine;")
    subprocess.run([options.psql, "-Xq", "-d", DATABASE, "-c", "CALL journey.refresh('web')"], capture_output=True)
    tap.ok({"JourneyPipelineStopped", "JourneyPipelineFailing", "JourneyPipelineUnwell"} <= firing(metrics()), f"{how}: a pipeline that fails")
    sql("ALTER TABLE shop.events RENAME machine TO device;")


def dashboard():
    board = json.loads((FOLDER / "grafana.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = re.sub(r"\$__timeFilter\((.*?)\)", r"\1 BETWEEN now() - interval '6 hours' AND now()", target["rawSql"])
            rows = sql(f"SELECT count(*) FROM ({query}) AS q;")
            tap.ok(int(rows) > 0, f"dashboard: {panel['title']} runs, and has rows", query)


sql(f'DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE};', "postgres")
sql("""
CREATE EXTENSION journey;
CREATE SCHEMA shop;
CREATE TABLE shop.events (event_id text, device text, ts timestamptz);
INSERT INTO shop.events VALUES ('e1', 'd1', now());
SELECT journey.create_pipeline('web', 'shop') \\g /dev/null
SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device') \\g /dev/null
SELECT replace(n.statement, 'CONCURRENTLY ', '') FROM journey.pipeline_sources AS s, journey.source_statements(s) AS n WHERE NOT n.done \\gexec
CALL journey.fill('web');
CALL journey.refresh('web');
INSERT INTO shop.events VALUES ('e2', 'd2', now());
CALL journey.refresh('web');
""")
tap.ok(len(queries()) == CONFIG.count("query: |") and "JourneyUnwatched" in firing({}), "the configuration is read whole; silence is an alert")
watch(by_psql, "by psql")
dashboard()
if shutil.which("prometheus-sql-exporter"):
    exporter = Exporter()
    try:
        watch(exporter.metrics, "by prometheus-sql-exporter")
    finally:
        exporter.stop()
else:
    tap.skip("prometheus-sql-exporter", "its package is absent")
if promtool := shutil.which("promtool"):
    done = subprocess.run([promtool, "check", "rules", FOLDER / "journey.rules.yml"], capture_output=True, text=True)
    tap.ok(done.returncode == 0, "promtool takes the rules", done.stdout + done.stderr)
else:
    tap.skip("promtool", "its package is absent")
sql(f"DROP DATABASE {DATABASE};", "postgres")
tap.finish()
