"""Times SQL side by side. Run it through ./bench/run, which brings the server; bench/README.md says how to read it."""

import argparse
import dataclasses
import importlib.util
import json
import os
import pathlib
import re
import runpy
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
DATABASE = "journey_bench"
SETTINGS = "SET work_mem = '256MB';\nSET random_page_cost = 1.1;\n"
ROLES = ("baseline", "contender", "reference")


class Failure(Exception):
    """What the user is told before the run ends."""


@dataclasses.dataclass
class Contender:
    """A file ROLE.NAME.sql: its last statement is the query, those before it are steps of its own. Of another engine: ROLE.ENGINE.py, with QUERY and TABLES."""

    name: str
    role: str
    steps: str
    query: str
    tables: dict | None = None  # another engine's, each with the query that fills it

    @classmethod
    def read(cls, path):
        role, name = path.name.split(".")[:2]
        if role not in ROLES:
            raise Failure(f"{path}: the name must begin with one of {', '.join(ROLES)}")
        if path.suffix == ".py":
            words = runpy.run_path(str(path))
            return cls(name, role, "", words["QUERY"], words["TABLES"])
        statements = [part.strip() for part in re.split(r";[ \t]*$", path.read_text(), flags=re.M) if part.strip()]
        if not statements:
            raise Failure(f"{path}: no statement")
        return cls(name, role, "".join(part + ";\n" for part in statements[:-1]), statements[-1])


class Workload:
    """A folder: setup.sql, the contenders, and equal.sql where equal results need more than equal rows."""

    def __init__(self, folder):
        self.name = folder.name
        self.setup = (folder / "setup.sql").read_text()
        self.title = self.setup.partition("\n")[0].removeprefix("--").strip()
        equal = folder / "equal.sql"
        self.equal = equal.read_text().strip().rstrip(";") if equal.exists() else "SELECT * FROM result"
        self.contenders = [Contender.read(path) for path in sorted(folder.glob("*.*.sql"))]
        self.contenders += [
            Contender.read(path)
            for path in sorted(folder.glob("*.*.py"))
            if importlib.util.find_spec(ENGINES[path.name.split(".")[1]].PACKAGE)
        ]
        if [c.role for c in self.contenders].count("baseline") != 1 or "scan" not in [c.name for c in self.contenders]:
            raise Failure(f"{folder}: needs one baseline.*.sql and a reference.scan.sql")


class Engine:
    """Another engine within this process, with as many threads as the server gives a query, and tables of its own."""

    def __init__(self, server, workload, tables):
        self.threads = 1 + int(server.run("SHOW max_parallel_workers_per_gather;"))
        self.loading = 0
        self.open()
        for table, source in tables.items():
            with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
                file.write(server.run(f"SET search_path = {workload.name}, public;\nSET timezone = 'UTC';\nCOPY ({source}) TO STDOUT CSV;") + "\n")
                file.flush()
                started = time.monotonic()
                self.load(table, file.name)
                self.loading += time.monotonic() - started

    def time_once(self, query):
        started = time.monotonic()
        self.run(query)
        return time.monotonic() - started, 0, None


class ClickHouse(Engine):
    PACKAGE = "chdb"

    def open(self):
        from chdb import session

        self.session = session.Session()

    def load(self, table, file):
        self.session.query(f"CREATE TABLE {table}")
        self.session.query(f"INSERT INTO {table.split(' ')[0]} SELECT * FROM file('{file}', 'CSV')")

    def run(self, query):
        self.session.query(f"{query} SETTINGS max_threads = {self.threads}", "Null")

    def result(self, query):
        file = tempfile.NamedTemporaryFile("w", suffix=".csv")
        file.write(str(self.session.query(query, "CSV")))
        file.flush()
        return file

    def close(self):
        self.session.close()


class DuckDB(Engine):
    PACKAGE = "duckdb"

    def open(self):
        import duckdb

        self.connection = duckdb.connect(config={"threads": self.threads})

    def load(self, table, file):
        self.connection.execute(f"CREATE TABLE {table}")
        self.connection.execute(f"COPY {table.split(' ')[0]} FROM '{file}' (FORMAT csv)")

    def run(self, query):
        self.connection.execute(f"EXPLAIN ANALYZE {query}").fetchall()  # computes every row and hands over none

    def result(self, query):
        file = tempfile.NamedTemporaryFile("w", suffix=".csv")
        self.connection.execute(f"COPY ({query}) TO '{file.name}' (FORMAT csv, HEADER false)")
        return file

    def close(self):
        self.connection.close()


ENGINES = {"clickhouse": ClickHouse, "duckdb": DuckDB}


class Server:
    """The cluster that the environment (PGHOST, PGUSER) points at; every script runs in a backend of its own."""

    def __init__(self, psql, variables):
        self.command = [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        self.variables = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        self.postmaster = None

    def run(self, script, database=DATABASE):
        done = subprocess.run(
            [*self.command, *self.variables, "-d", database], input=script, capture_output=True, text=True, cwd=HERE
        )
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        return done.stdout.strip()

    def start(self):
        self.run(f"DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE};", "postgres")
        # The contenders must find the extension as its users do, even where the user is named as its schema.
        self.run(f"ALTER DATABASE {DATABASE} SET search_path = public;\nCREATE EXTENSION journey;")
        self.postmaster = int(self.run(r"SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1);"))

    def finish(self):
        self.run(f"DROP DATABASE IF EXISTS {DATABASE};", "postgres")

    def processes(self):
        return set(pathlib.Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children").read_text().split())


class MemoryMeter(threading.Thread):
    """The peak private memory of the backends that begin while it runs: the query's own and its workers'.

    The kernel keeps each one's high-water mark, so looking now and then loses little.
    """

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.before = server.processes()
        self.peaks = {}
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.01):
            for process in self.server.processes() - self.before:
                try:
                    status = pathlib.Path(f"/proc/{process}/status").read_text()
                except (FileNotFoundError, ProcessLookupError):
                    continue
                kilobytes = {name: int(size) for name, size in re.findall(r"^(VmHWM|RssShmem):\s+(\d+) kB", status, re.M)}
                if "VmHWM" in kilobytes:
                    own = kilobytes["VmHWM"] - kilobytes["RssShmem"]
                    self.peaks[process] = max(self.peaks.get(process, 0), own)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()

    @property
    def peak_bytes(self):
        return 1024 * sum(self.peaks.values())


def progress(text):
    print(text, file=sys.stderr, flush=True)


def prelude(workload):
    """What comes before a contender, untimed: an empty schema `scratch` for what its steps make."""
    return (
        "SET client_min_messages = warning;\nDROP SCHEMA IF EXISTS scratch CASCADE;\nCREATE SCHEMA scratch;\n"
        f"SET search_path = scratch, {workload.name}, public;\n{SETTINGS}\\o /dev/null\n"
    )


def set_up(server, workload):
    server.run(
        f"CREATE SCHEMA {workload.name};\nSET search_path = {workload.name}, public;\n{SETTINGS}\\o /dev/null\n"
        f"{workload.setup}\n;\nRESET search_path;\nVACUUM (ANALYZE);\n"
    )


def tear_down(server, workload):
    server.run(
        "SET client_min_messages = warning;\n"
        f"DROP SCHEMA IF EXISTS scratch CASCADE;\nDROP SCHEMA IF EXISTS {workload.name} CASCADE;\n"
    )


def fingerprint(server, workload, contender, baseline, engine):
    """Keeps the contender's result as the table answer_<name>; its row count and a digest blind to order."""
    answer = f"{workload.name}.answer_{contender.name}"
    result = f"CREATE UNLOGGED TABLE result AS\n{contender.query}"
    if engine:
        file = engine.result(contender.query)
        result = f"{baseline.steps}CREATE UNLOGGED TABLE result AS SELECT * FROM (\n{baseline.query}\n) b LIMIT 0;\nSET timezone = 'UTC';\n\\copy result FROM '{file.name}' CSV\nRESET timezone"
    return tuple(
        server.run(
            f"{prelude(workload)}{contender.steps}{result};\n"
            f"CREATE UNLOGGED TABLE {answer} AS\n{workload.equal};\n\\o\n"
            f"SELECT count(*), sum(hashtextextended(row_text::text, 0)::numeric) FROM {answer} row_text;\n"
        ).split("|")
    )


def difference(server, workload, ours, theirs, limit=5):
    """The first rows that `ours` has and `theirs` lacks."""
    side = "SELECT r::text FROM {0}.answer_{1} r"
    query = f"{side.format(workload.name, ours.name)} EXCEPT ALL {side.format(workload.name, theirs.name)}"
    rows = server.run(f"SELECT * FROM ({query}) missing ORDER BY 1 LIMIT {limit};").splitlines()
    count = server.run(f"SELECT count(*) FROM ({query}) missing;")
    return f"only in {ours.name}, {count} rows:\n" + "".join(f"    {row}\n" for row in rows)


def check_equal(server, workload, engines):
    """All contenders must give what the baseline gives. Returns the number of rows of that."""
    compared = [c for c in workload.contenders if c.role != "reference"]
    baseline = compared[0]
    expected = None
    for contender in compared:
        found = fingerprint(server, workload, contender, baseline, engines.get(contender.name))
        if expected is None:
            expected = found
            if found[0] == "0":
                raise Failure(f"{workload.name}: {contender.name} gives no rows, so there is nothing to compare")
        elif found != expected:
            raise Failure(
                f"{workload.name}: {contender.name} and {baseline.name} give different results\n"
                f"  {difference(server, workload, baseline, contender)}"
                f"  {difference(server, workload, contender, baseline)}"
            )
        else:
            server.run(f"DROP TABLE {workload.name}.answer_{contender.name};")
    server.run(f"DROP TABLE {workload.name}.answer_{baseline.name};")
    return int(expected[0])


def time_once(server, workload, contender):
    """Seconds on the server's clock, peak memory, and the plan of the query."""
    script = (
        f"{prelude(workload)}SELECT clock_timestamp() AS started \\gset\n{contender.steps}\\o\n"
        # EXPLAIN ANALYZE computes every row and sends none.
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)\n{contender.query};\n"
        "SELECT extract(epoch FROM clock_timestamp() - :'started');\n"
        # Stay alive until the memory meter has looked once more.
        "SELECT pg_sleep(0.05);\n"
    )
    with MemoryMeter(server) as meter:
        plan, _, seconds = server.run(script).rpartition("\n")
    return float(seconds), meter.peak_bytes, json.loads(plan)[0]["Plan"]


def measure(server, workload, repeat):
    progress(f"{workload.name}: set-up")
    set_up(server, workload)
    engines = {c.name: ENGINES[c.name](server, workload, c.tables) for c in workload.contenders if c.tables}
    for name, engine in engines.items():
        progress(f"{workload.name}: loaded into {name} in {engine.loading:.3f} s")
    progress(f"{workload.name}: comparing results")
    result_rows = check_equal(server, workload, engines)
    scan = next(c for c in workload.contenders if c.name == "scan")
    input_rows = int(server.run(f"{prelude(workload)}\\o\n{scan.query};"))
    progress(f"{workload.name}: equal, {result_rows:,} rows from {input_rows:,}")

    runs = {c.name: [] for c in workload.contenders}
    for round_number in range(1, repeat + 1):
        for contender in workload.contenders:
            runs[contender.name].append(
                engines[contender.name].time_once(contender.query) if contender.tables else time_once(server, workload, contender)
            )
            progress(f"{workload.name}: round {round_number} of {repeat}, {contender.name} {runs[contender.name][-1][0]:.3f} s")

    for engine in engines.values():
        engine.close()
    medians = {name: statistics.median(seconds for seconds, _, _ in done) for name, done in runs.items()}
    return {
        "name": workload.name,
        "title": workload.title,
        "input_rows": input_rows,
        "result_rows": result_rows,
        "contenders": [
            {
                "name": c.name,
                "role": c.role,
                "seconds": [seconds for seconds, _, _ in runs[c.name]],
                "median_seconds": medians[c.name],
                "ratio_to": {
                    other.name: medians[c.name] / medians[other.name]
                    for other in workload.contenders
                    if other.role != "contender" or other.tables
                },
                "rows_per_second": input_rows / medians[c.name],
                "loading_seconds": engines[c.name].loading if c.tables else None,
                "peak_memory_bytes": max(peak for _, peak, _ in runs[c.name]),
                "plan": runs[c.name][-1][2],
            }
            for c in workload.contenders
        ],
    }


def aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]) for row in rows]


def table(result):
    others = list(result["contenders"][0]["ratio_to"])
    rows = [["", "median s", "min", "max", *("/ " + name for name in others), "M rows/s", "MB"]]
    for c in result["contenders"]:
        rows.append(
            [
                c["name"],
                *(f"{seconds:.3f}" for seconds in (c["median_seconds"], min(c["seconds"]), max(c["seconds"]))),
                *(f"{c['ratio_to'][name]:.2f}" for name in others),
                f"{c['rows_per_second'] / 1e6:.2f}",
                f"{c['peak_memory_bytes'] / 2**20:.0f}",
            ]
        )
    lines = aligned(rows)
    for c in result["contenders"]:
        if c["loading_seconds"] is not None:
            lines.append(f"{c['name']}: loading {c['loading_seconds']:.3f} s")
    head = f"{result['name']}: {result['title']}\n{result['input_rows']:,} rows in, {result['result_rows']:,} rows out"
    return "\n".join([head, "", *lines])


def growth(results):
    """How time and memory grow with the events: a table of each workload."""
    tables = []
    for name in dict.fromkeys(result["name"] for result in results):
        runs = [result for result in results if result["name"] == name]
        rows = [["", *(f"{run['input_rows']:,} rows: s" for run in runs), "times", *("MB" for _ in runs)]]
        for contenders in zip(*(run["contenders"] for run in runs)):
            seconds = [c["median_seconds"] for c in contenders]
            memory = [f"{c['peak_memory_bytes'] / 2**20:.0f}" for c in contenders]
            rows.append([contenders[0]["name"], *(f"{s:.3f}" for s in seconds), f"{seconds[-1] / seconds[0]:.1f}", *memory])
        tables.append("\n".join([f"{name}: growth", "", *aligned(rows), ""]))
    return "\n".join(tables)


def chart(results, conditions, file):
    """Draws the time of each contender as a share of the baseline's, for the fewest events."""
    from matplotlib import pyplot

    fewest = list({result["name"]: result for result in reversed(results)}.values())[::-1]
    figure, plots = pyplot.subplots(len(fewest), figsize=(8, sum(1 + 0.3 * len(r["contenders"]) for r in fewest)), squeeze=False, layout="constrained")
    for plot, result in zip(plots.flat, fewest):
        baseline = result["contenders"][0]
        shares = {c["name"]: c["median_seconds"] / baseline["median_seconds"] for c in result["contenders"]}
        colors = ["tab:orange" if c["loading_seconds"] else "tab:blue" if c["role"] == "contender" else "silver" for c in result["contenders"]]
        bars = plot.barh(list(shares), list(shares.values()), color=colors)
        plot.bar_label(bars, [f"{share:.2f}" for share in shares.values()], padding=3)
        plot.invert_yaxis()
        plot.set_title(textwrap.fill(result["title"], 90), fontsize="medium", loc="left")
        plot.margins(x=0.1)
    figure.supxlabel(f"time as a share of the plain SQL\n{conditions}", fontsize="small")
    figure.savefig(file)


def find(names):
    folders = {path.parent.name: path.parent for path in sorted(HERE.glob("*/setup.sql"))}
    chosen = [folders.get(name, pathlib.Path(name)) for name in names] or list(folders.values())
    for folder in chosen:
        if not (folder / "setup.sql").is_file():
            raise Failure(f"no such workload: {folder}; there are {', '.join(folders)}")
    return [Workload(folder.resolve()) for folder in chosen]


def arguments():
    def count(text):
        number = int(text.replace("_", "").replace(",", ""))
        if number < 1:
            raise ValueError
        return number

    parser = argparse.ArgumentParser(
        prog="bench/run", description="Times the extension beside plain SQL, in a private cluster."
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="a workload's name, or a folder; default: all")
    parser.add_argument("--events", type=count, default=1_000_000, help="rows of the events table (default: 1000000)")
    parser.add_argument("--repeat", type=count, default=3, help="rounds; the table shows medians (default: 3)")
    parser.add_argument("--seed", type=int, default=1, help="of the generated data (default: 1)")
    parser.add_argument("--growth", action="store_true", help="also with 4 and 16 times as many events: how time and memory grow")
    parser.add_argument("--chart", type=pathlib.Path, metavar="FILE", help="also draw the shares there, as .svg or .png; needs the Python package matplotlib")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write everything there, with the plans")
    parser.add_argument("--list", action="store_true", help="list the workloads")
    parser.add_argument("--psql", default="psql", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if options.chart and not importlib.util.find_spec("matplotlib"):
        raise Failure("--chart needs the Python package matplotlib: pip install matplotlib")
    workloads = find(options.workloads)
    if options.list:
        for workload in workloads:
            print(f"{workload.name:22} {workload.title}")
        return

    results = []
    for events in [options.events * factor for factor in ((1, 4, 16) if options.growth else (1,))]:
        server = Server(options.psql, {"events": events, "seed": options.seed})
        server.start()
        try:
            started = time.monotonic()
            progress(f"generating {events:,} events")
            server.run(SETTINGS + (HERE / "events.sql").read_text())
            progress(f"generated in {time.monotonic() - started:.0f} s")
            for workload in workloads:
                try:
                    results.append(measure(server, workload, options.repeat))
                    print(f"\n{table(results[-1])}\n", flush=True)
                finally:
                    tear_down(server, workload)
            version = server.run("SHOW server_version;")
        finally:
            server.finish()
    if options.growth:
        print(growth(results))
    if options.chart:
        chart(results, f"PostgreSQL {version}, {options.events:,} events, {os.cpu_count()} processors", options.chart)
    if options.json:
        report = {
            "server": version,
            "events": options.events,
            "seed": options.seed,
            "repeat": options.repeat,
            "settings": SETTINGS.strip(),
            "workloads": results,
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"error: {failure}")
