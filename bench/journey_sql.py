"""How many times as long the functions of journey_sql take as those of the extension: CPU seconds of the server, the least of
three rounds, on the demo's shop. Prints a table.

    python3 bench/journey_sql.py --psql psql [--events 20000]

Needs a server (PGHOST, PGUSER) that has the extension installed, and build/generate (make build/generate).
"""

import argparse
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUERIES = {
    "`touch`, a function a row": "SELECT count(touch(ts, page_url, referrer)) FROM tracks",
    "`channel`, a function a row": "SELECT count(channel('google', 'cpc', event)) FROM tracks",
    "`sessionize` over a window": "SELECT count(s) FROM (SELECT sessionize(ts, '30 minutes') OVER (PARTITION BY anonymous_id ORDER BY ts ROWS UNBOUNDED PRECEDING) AS s FROM tracks) AS x",
    "`first` and `last`": "SELECT count(f), count(l) FROM (SELECT first(page_url, ts) AS f, last(page_url, ts) AS l FROM tracks GROUP BY anonymous_id) AS x",
    "every session of every visitor": (
        "SELECT count(*) FROM (SELECT trail(ts, '30 minutes') AS t FROM tracks GROUP BY anonymous_id) AS x, sessions(t)",
        "SELECT count(*) FROM (SELECT range_agg(span(ts, '30 minutes')) AS t FROM tracks GROUP BY anonymous_id) AS x, sessions(t)",
    ),
    "`rfm_segment`, a function a row": "SELECT count(rfm_segment(1 + length(event) % 5, 3)) FROM tracks",
}


def sql(database, script):
    done = subprocess.run([options.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database], input=script, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return done.stderr


def seconds(database, query):
    script = "SET search_path = public, journey; SET client_min_messages = log; SET max_parallel_workers_per_gather = 0;\n"
    script += f"{query};\nSET log_statement_stats = on;\n" + f"{query};\n" * 3
    return min(float(found) for found in re.findall(r"^!\s+([0-9.]+) s user", sql(database, script), re.M))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--psql", required=True)
parser.add_argument("--events", type=int, default=20000)
options = parser.parse_args()

input_tables = re.search(r"CREATE TABLE tracks .*?;", (ROOT / "scripts/pipeline/0_input.sql").read_text(), re.S)[0]
rows = subprocess.run([ROOT / "build/generate", "tracks", "--events", str(options.events)], capture_output=True, text=True, check=True).stdout
made = {"bench_compiled": "CREATE EXTENSION journey;", "bench_plain": next((ROOT / "journey_sql").glob("journey_sql--*.sql")).read_text()}
for database, script in made.items():
    sql("postgres", f"DROP DATABASE IF EXISTS {database};\nCREATE DATABASE {database};")
    sql(database, f"{script}\n{input_tables}\nCOPY tracks FROM STDIN;\n{rows}\\.\nANALYZE tracks;")
print("| question | microseconds an event | times the extension |\n|---|---|---|")
for question, query in QUERIES.items():
    compiled, plain = (query, query) if isinstance(query, str) else query
    there, here = seconds("bench_compiled", compiled), seconds("bench_plain", plain)
    print(f"| {question} | {here / options.events * 1e6:.1f} | {here / max(there, 1e-6):.0f} |", flush=True)
for database in made:
    sql("postgres", f"DROP DATABASE {database};")
