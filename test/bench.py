"""The benchmark harness at a tiny size: every workload's contenders agree, and it notices when they do not. Prints TAP."""

import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
tap = Tap()


def harness(*words):
    command = [sys.executable, ROOT / "bench/harness.py", "--psql", options.psql, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def contrived(folder, baseline, contender, **files):
    """A workload in `folder` over no table."""
    folder.mkdir()
    texts = {"setup": "-- Contrived.", "baseline.plain": baseline, "contender.other": contender, "reference.scan": "SELECT 3;"}
    for name, text in {**texts, **files}.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", default="psql")
options = parser.parse_args()

names = sorted(path.parent.name for path in ROOT.glob("bench/*/setup.sql"))
with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)

    listed = harness("--list")
    tap.ok([line.split()[0] for line in listed.stdout.splitlines()] == names, "--list names every workload", listed.stdout)

    report = scratch / "report.json"
    for name in names:
        done = harness(name, "--events", 3000, "--repeat", 1, "--json", report)
        tap.ok(done.returncode == 0, f"{name}: all contenders agree", done.stderr)
    written = json.loads(report.read_text())["workloads"][0]
    tap.ok(
        all(c["median_seconds"] > 0 and c["peak_memory_bytes"] > 0 and c["plan"] for c in written["contenders"]),
        "the report has time, memory and plan of each contender",
        str(written),
    )

    done = harness("touch_parsing", "--events", 20, "--repeat", 1, "--growth", "--json", report)
    sizes = [w["input_rows"] for w in json.loads(report.read_text())["workloads"]]
    tap.ok(len(sizes) == 3 and sizes == sorted(set(sizes)), "--growth measures three sizes", str(sizes))
    tap.ok("touch_parsing: growth" in done.stdout, "and sums them up", done.stdout + done.stderr)
    if importlib.util.find_spec("matplotlib"):
        done = harness("touch_parsing", "--events", 100, "--repeat", 1, "--chart", scratch / "chart.svg")
        tap.ok(done.returncode == 0 and "<svg" in (scratch / "chart.svg").read_text(), "--chart draws", done.stderr)
    else:
        tap.skip("chart", "matplotlib is absent")

    same = contrived(scratch / "same", "SELECT n, 'x' AS x FROM generate_series(1, 3) n;", "SELECT 4 - n, 'x' AS x FROM generate_series(1, 3) n;")
    done = harness(same, "--events", 1, "--repeat", 1)
    tap.ok(done.returncode == 0, "the order of rows does not matter", done.stderr)

    differs = contrived(scratch / "differs", "SELECT n FROM generate_series(1, 3) n;", "SELECT n + (n = 3)::int FROM generate_series(1, 3) n;")
    done = harness(differs, "--events", 1, "--repeat", 1)
    tap.ok(
        done.returncode != 0 and "only in plain, 1 rows:\n    (3)\n  only in other, 1 rows:\n    (4)" in done.stderr,
        "a wrong result ends the run, with the rows that differ",
        done.stderr,
    )

    twice = contrived(scratch / "twice", "SELECT 1;", "SELECT 1 FROM generate_series(1, 2);")
    done = harness(twice, "--events", 1, "--repeat", 1)
    tap.ok(done.returncode != 0 and "only in other, 1 rows" in done.stderr, "a row too many is a wrong result", done.stderr)

    rounded = contrived(scratch / "rounded", "SELECT 1.01 AS x;", "SELECT 1.02 AS x;", equal="SELECT round(x, 1) FROM result;")
    done = harness(rounded, "--events", 1, "--repeat", 1)
    tap.ok(done.returncode == 0, "equal.sql says what is equal", done.stderr)

    empty = contrived(scratch / "empty", "SELECT 1 WHERE false;", "SELECT 1 WHERE false;")
    done = harness(empty, "--events", 1, "--repeat", 1)
    tap.ok(done.returncode != 0 and "nothing to compare" in done.stderr, "no rows are no proof", done.stderr)

    steps = contrived(scratch / "steps", "SELECT 6 AS x;", "CREATE UNLOGGED TABLE half AS SELECT 3 AS x;\nSELECT x * 2 FROM half;\n")
    done = harness(steps, "--events", 1, "--repeat", 2)
    tap.ok(done.returncode == 0, "steps run before the query, in every round anew", done.stderr)

    broken = contrived(scratch / "broken", "SELECT 1;", "SELECT 1 FROM nowhere;")
    done = harness(broken, "--events", 1, "--repeat", 1)
    tap.ok(done.returncode != 0 and 'relation "nowhere" does not exist' in done.stderr, "the server's error is told", done.stderr)

    done = harness("nonsense")
    tap.ok(done.returncode != 0 and "no such workload: nonsense" in done.stderr, "an unknown workload is told", done.stderr)

sql = lambda database, command: subprocess.run([options.psql, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", command], check=True)
sql("postgres", "DROP DATABASE IF EXISTS test_bench")
sql("postgres", "CREATE DATABASE test_bench")
sql("test_bench", "CREATE EXTENSION journey")
command = [sys.executable, ROOT / "bench/pipeline_cost.py", "--psql", options.psql, "--events", "40000", "--parts", "ranges"]
done = subprocess.run(command, env={**os.environ, "PGDATABASE": "test_bench"}, capture_output=True, text=True)
tap.ok(done.returncode == 0 and done.stdout.count("visitors told wrong") == 1, "pipelines are right where SQL over ranges of ids is, and where it is not", done.stdout + done.stderr)
sql("postgres", "DROP DATABASE test_bench")

tap.finish()
