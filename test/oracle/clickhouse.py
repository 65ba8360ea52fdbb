"""Funnels, sequences and neighbours against ClickHouse (the package chdb) on random events. Prints TAP.

  clickhouse.py --psql psql --cases 400      so many visitors for each mode

Where the extension means to differ from ClickHouse, the events are drawn so that the two must agree, and
test/paths.sql holds the cases in which they don't.
"""

import argparse
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

EVERY = range(1, 6)  # the conditions c1 to c5 of a row
BATCH = 2000  # visitors that share a question
tap = Tap()


class Postgres:
    def __init__(self, psql):
        self.command = [psql, "-X", "-q", "-A", "-t", "-F", ",", "-v", "ON_ERROR_STOP=1"]

    def run(self, sql):
        done = subprocess.run(self.command, input=sql, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"psql failed: {done.stderr}")
        return done.stdout.split()


class ClickHouse:
    def __init__(self):
        from chdb import session

        self.session = session.Session()
        self.run("SET allow_experimental_funnel_functions = 1")

    def run(self, sql):
        return str(self.session.query(sql, "CSV")).replace('"', "").split()


def load(engines, events):
    """`events`: (visitor, seconds, value, bits of the conditions met)."""
    lines = [f"{visitor},{ts},{value}," + ",".join(str(bits >> c - 1 & 1) for c in EVERY) for visitor, ts, value, bits in events]
    conditions = ", ".join(f"c{c}" for c in EVERY)
    engines["clickhouse"].run("DROP TABLE IF EXISTS events")
    engines["clickhouse"].run(f"CREATE TABLE events (visitor UInt32, ts UInt32, value String, {', '.join(f'c{c} UInt8' for c in EVERY)}) ENGINE = Memory")
    for begin in range(0, len(lines), 50_000):
        rows = ",".join("(" + (",".join(f"'{v}'" if i == 2 else v for i, v in enumerate(line.split(",")))) + ")" for line in lines[begin : begin + 50_000])
        engines["clickhouse"].run(f"INSERT INTO events VALUES {rows}")
    engines["postgres"].run(
        "DROP TABLE IF EXISTS oracle_events;\n"
        "CREATE UNLOGGED TABLE oracle_events (visitor int, seconds int, value text, "
        f"{', '.join(f'c{c} boolean' for c in EVERY)}, ts timestamptz GENERATED ALWAYS AS (to_timestamp(seconds)) STORED);\n"
        f"COPY oracle_events (visitor, seconds, value, {conditions}) FROM STDIN CSV;\n" + "\n".join(lines) + "\n\\.\n"
        "CREATE INDEX ON oracle_events (visitor); ANALYZE oracle_events;\n"
    )


def answers(engine, expression, table, ranges):
    """What `expression(range)` gives for each visitor, a range of them at a time."""
    queries = " UNION ALL ".join(
        f"SELECT visitor, {expression(number)} AS answer FROM {table} WHERE visitor BETWEEN {first} AND {last} GROUP BY visitor"
        for number, (first, last) in enumerate(ranges)
    )
    return engine.run(f"SELECT visitor, answer FROM ({queries}) answers ORDER BY visitor")


def compare(engines, what, ours, theirs, ranges):
    left = answers(engines["postgres"], ours, "oracle_events", ranges)
    right = answers(engines["clickhouse"], theirs, "events", ranges)
    differing = [(a, b) for a, b in zip(left, right) if a != b]
    shown = ""
    if differing:
        visitor = int(differing[0][0].split(",")[0])
        number = next(i for i, (first, last) in enumerate(ranges) if first <= visitor <= last)
        rows = engines["postgres"].run(f"SELECT seconds, value, {', '.join(f'c{c}::int' for c in EVERY)} FROM oracle_events WHERE visitor = {visitor} ORDER BY seconds")
        shown = f"{len(differing)} differ, the first: {differing[0]}\n{ours(number)}\n{theirs(number)}\n" + "\n".join(rows)
    tap.ok(left and len(left) == len(right) and not differing, f"{what}: {len(left)} visitors", shown)
    return right


def draw(cases, distinct, single, span=20, most=9):
    """Random visits: at most one event a second, at most one condition an event."""
    events = []
    for visitor in range(cases):
        times = random.choices(range(span), k=random.randint(1, most))
        for ts in set(times) if distinct else times:
            bits = random.choice([1, 2, 4, 8, 16, 0]) if single else random.getrandbits(5) & random.getrandbits(5)
            events.append((visitor, 1_700_000_000 + ts, random.choice("ABCDE"), bits))
    random.shuffle(events)
    return events


def batches(cases):
    size = min(BATCH, max(cases // 20, 1))
    return [(first, min(first + size, cases) - 1) for first in range(0, cases, size)]


def funnels(engines, cases):
    modes = [  # ours, theirs, whether times must be distinct, and rows meet one condition only
        ("strict_once => false", "", False, False),
        ("strict_once => true", "'strict_once'", False, False),
        ("strict_increase => true", "'strict_once', 'strict_increase'", False, False),
        ("strict_increase => true, strict_once => false", "'strict_increase'", True, True),
        ("strict_order => true", "'strict_order'", True, True),
        ("strict_order => true, reentry => true", "'strict_order', 'allow_reentry'", True, True),
        ("strict_deduplication => true", "'strict_deduplication'", True, True),
        ("strict_order => true, strict_deduplication => true", "'strict_order', 'strict_deduplication'", True, True),
        ("strict_order => true, reentry => true, strict_deduplication => true", "'strict_order', 'allow_reentry', 'strict_deduplication'", True, True),
        ("strict_order => true, strict_increase => true", "'strict_order', 'strict_increase'", True, True),
    ]
    ranges = batches(cases)
    for ours, theirs, distinct, single in modes:
        load(engines, draw(cases, distinct, single))
        questions = [(random.randint(1, 15), random.choices(EVERY, k=random.randint(2, 5))) for _ in ranges]
        if single:  # a row meets one step only, so no condition comes twice
            questions = [(within, random.sample(EVERY, len(steps))) for within, steps in questions]
        steps = lambda number: ", ".join(f"c{c}" for c in questions[number][1])  # noqa: E731
        levels = compare(
            engines,
            f"funnel_level, {ours}",
            lambda number: f"journey.funnel_level(ts, journey.funnel_rule(make_interval(secs => {questions[number][0]}), {ours}), {steps(number)})",
            lambda number: f"windowFunnel({questions[number][0]}{', ' if theirs else ''}{theirs})(ts, {steps(number)})",
            ranges,
        )
        tap.ok(len({answer.split(",")[1] for answer in levels}) >= 4, f"funnel_level, {ours}: many levels", levels[:20])


def pattern():
    """A pattern that both read alike: ClickHouse counts a time after .* from the event after the last."""
    text = f"(?{random.choice(EVERY)})"
    for _ in range(random.randint(0, 3)):
        text += random.choice(["", "", ".*", f"(?t{random.choice(['<=', '<', '>=', '>', '=='])}{random.randint(0, 8)})"])
        text += random.choice([f"(?{random.choice(EVERY)})"] * 4 + ["."])
    return text


def sequences(engines, cases):
    load(engines, draw(cases, True, False, most=12))
    ranges = batches(cases)
    conditions = ", ".join(f"c{c}" for c in EVERY)
    for ours, theirs in [("sequence_match", "sequenceMatch"), ("sequence_count", "sequenceCount")]:
        patterns = [pattern() for _ in ranges]
        found = compare(
            engines,
            ours,
            lambda number: f"journey.{ours}('{patterns[number]}', ts, {conditions})::int",
            lambda number: f"{theirs}('{patterns[number]}')(ts, {conditions})",
            ranges,
        )
        tap.ok(len({answer.split(",")[1] for answer in found}) >= 2, f"{ours}: found and not found", found[:20])


def neighbours(engines, cases):
    load(engines, draw(cases, True, False))
    ranges = batches(cases)
    for ours, way, base in [
        ("next", "forward", "head"),
        ("next", "forward", "first_match"),
        ("next", "forward", "last_match"),
        ("previous", "backward", "tail"),
        ("previous", "backward", "first_match"),
        ("previous", "backward", "last_match"),
    ]:
        questions = [random.choices(EVERY, k=random.randint(1, 2)) for _ in ranges]
        steps = lambda number: ", ".join(f"c{c}" for c in questions[number])  # noqa: E731
        found = compare(
            engines,
            f"{ours}_event, {base}",
            lambda number: f"journey.{ours}_event(value, ts, c1 OR c2 OR c3, '{base}'::journey.base_event, {steps(number)})",
            lambda number: f"ifNull(sequenceNextNode('{way}', '{base}')(ts, value, c1 OR c2 OR c3, {steps(number)}), '')",
            ranges,
        )
        tap.ok(len({answer.split(",")[1] for answer in found}) == 6, f"{ours}_event, {base}: every value, and none", found[:20])


def retention(engines, cases):
    load(engines, draw(cases, False, True, span=30))
    ranges = batches(cases)
    lengths = [random.randint(1, 8) for _ in ranges]
    start = 1_700_000_000
    found = compare(
        engines,
        "returned",
        lambda number: "(SELECT CASE WHEN answer[1] THEN translate(array_to_string(answer, ''), 'tf', '10') ELSE '00000' END"
        f" FROM (SELECT journey.returned(ts, to_timestamp({start}), '{lengths[number]} s', 5) AS answer) returned)",
        lambda number: "arrayStringConcat(arrayMap(r -> toString(r), retention("
        + ", ".join(f"intDiv(ts - {start}, {lengths[number]}) = {period}" for period in range(5))
        + ")))",
        ranges,
    )
    tap.ok(len({answer.split(",")[1] for answer in found}) > 10, "returned: many answers", found[:20])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--psql", default="psql")
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--seed", type=int, default=19)
    options = parser.parse_args()
    random.seed(options.seed)
    try:
        engines = {"clickhouse": ClickHouse()}
    except ImportError:
        tap.skip("ClickHouse's answers", "the Python package chdb is absent")
        tap.finish()
    engines["postgres"] = Postgres(options.psql)
    funnels(engines, options.cases)
    sequences(engines, options.cases)
    neighbours(engines, options.cases)
    retention(engines, options.cases)
    engines["postgres"].run("DROP TABLE oracle_events")
    tap.finish()


if __name__ == "__main__":
    main()
