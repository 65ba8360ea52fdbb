"""Partition sorts against the server's sorts: random tables, random queries, the same rows. Prints TAP.

Each query runs twice in one session, once as it is planned today and once with partition sorts wherever they can be,
and both results are compared as bags of rows. Results are determined: the order of a window or an aggregate ends with a
unique key unless its functions do not look at the order of peers, sums are of whole numbers, and keys that may be equal
and look different are not shown.
"""

import argparse
import random
import subprocess
import sys

from tap import Tap

TABLES = {"none": 0, "one": 1, "few": 20, "dozens": 600, "many": 3000}
# Names of columns by which rows are told apart and put in order, each with NULLs, duplicates and skew.
KEYS = ["a", "b", "c", "d", "e", "f", "g", "h", "u", "r", "l"]
SETUP = """
CREATE SCHEMA partition_sort_test;
SET search_path = partition_sort_test, public;
SELECT setseed(0.{seed});
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FUNCTION fill(rows int) RETURNS TABLE (
  id int, a int, b text, c numeric, d timestamptz, e float8, f smallint, g date, h text, u uuid, r int4range, l int[],
  v bigint, pad text) LANGUAGE sql AS $$
  SELECT n, CASE WHEN random() < 0.9 THEN (random() ^ 3 * 30)::int END,
    CASE WHEN random() < 0.5 THEN 'the one' WHEN random() < 0.9 THEN chr(65 + (random() * 57)::int) || (random() * 3)::int END,
    CASE WHEN random() < 0.9 THEN CASE WHEN random() < 0.5 THEN 1.0 ELSE 1.00 END * (random() * 4)::int END,
    CASE WHEN random() < 0.9 THEN timestamptz '2026-03-28' + (random() * 200)::int * interval '17 minutes' END,
    CASE (random() * 8)::int WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '-0' WHEN 3 THEN 0 WHEN 4 THEN '-Infinity' ELSE random() * 3 END,
    CASE WHEN random() < 0.9 THEN (random() * 6 - 3)::int::smallint END,
    CASE WHEN random() < 0.9 THEN date '2026-01-01' + (random() * 9)::int END,
    CASE WHEN random() < 0.9 THEN chr(97 + (random() * 5)::int) END,
    CASE WHEN random() < 0.9 THEN md5((random() * 9)::int::text)::uuid END,
    CASE WHEN random() < 0.9 THEN int4range(0, (random() * 5)::int) END,
    CASE WHEN random() < 0.9 THEN ARRAY[(random() * 3)::int, NULL] END,
    (random() * 100)::int, repeat('x', (random() * 200)::int)
  FROM generate_series(1, rows) n ORDER BY CASE WHEN rows < 1000 THEN random() END $$;
{tables}
-- What a query gives, blind to the order of the rows, and whether its plan has a partition sort.
CREATE FUNCTION outcome(query text, way text, OUT result text, OUT parted boolean) LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  PERFORM set_config('journey.partition_sort', way, true), set_config(name, CASE way WHEN 'off' THEN 'on' ELSE 'off' END, true)
    FROM unnest(ARRAY['enable_sort', 'enable_hashagg']) name;
  parted := false;
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP parted := parted OR line LIKE '%Partition Sort%'; END LOOP;
  EXECUTE format('SELECT count(*) || '' rows, '' || coalesce(sum(hashtextextended(row_text::text, 0)::numeric), 0) FROM (%s) row_text', query) INTO result;
END $$;
CREATE FUNCTION compare(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE today record; parted record;
BEGIN
  today := outcome(query, 'off');
  parted := outcome(query, 'all');
  IF today.parted THEN RETURN 'switched off and used'; END IF;
  IF today.result <> parted.result THEN RETURN format('%s by sort, %s by partition sort', today.result, parted.result); END IF;
  RETURN CASE WHEN parted.parted THEN 'same' ELSE 'unused' END;
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
"""
# Functions that see no order among peers, and those that want a unique last key.
PEERS = ["rank()", "dense_rank()", "percent_rank()", "cume_dist()"]
ORDERED = ["row_number()", "ntile(3)", "lag(v)", "lag(v, 2, -1)", "lead(b)", "lead(v, 3)", "journey.sessionize(d)"]
FRAMED = ["first_value(v)", "last_value(id)", "nth_value(v, 2)", "array_agg(id)", "string_agg(h, ',')"]
SUMS = ["sum(v)", "count(*)", "count(b)", "min(v)", "max(d)", "sum(v) FILTER (WHERE v % 2 = 0)", "avg(c)"]
# Aggregates, whose results no order of rows changes.
AGGREGATES = SUMS + ["array_agg(id ORDER BY d, id)", "array_agg(id ORDER BY d DESC NULLS LAST, id)", "string_agg(h, ',' ORDER BY id DESC)",
    "array_agg(DISTINCT v)", "count(DISTINCT a)", "count(DISTINCT b COLLATE blind)", "string_agg(DISTINCT h, ',' ORDER BY h)",
    "array_agg(v ORDER BY v) FILTER (WHERE v > 20)", "sum(DISTINCT v) FILTER (WHERE a > 2)", "percentile_disc(0.5) WITHIN GROUP (ORDER BY v)",
    "journey.trail(d, '1 hour')", "journey.trail(d, '20 minutes') FILTER (WHERE v > 10)", "journey.trail(d + interval '1 day', '1 hour')",
    "journey.session_count(journey.trail(d, '17 minutes'))", "journey.path(h, d)", "journey.funnel_level(d, '1 day', v > 50, v < 20)",
    "journey.sequence_count('(?1).*(?2)', d, v > 80, v < 10)", "journey.first(id, d, id)", "journey.last(v, d, id)", "journey.rfm(d, v)"]


class Queries:
    def __init__(self, seed):
        self.dice = random.Random(seed)

    def some(self, of, least, most):
        return self.dice.sample(of, min(len(of), self.dice.randint(least, most)))

    def direction(self):
        return self.dice.choice(["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"])

    def bounds(self, offsets):
        start, end = self.dice.choice(
            [("UNBOUNDED PRECEDING", "CURRENT ROW"), ("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING"),
             ("CURRENT ROW", "UNBOUNDED FOLLOWING")]
            + [(f"{n} PRECEDING", f"{m} FOLLOWING") for n, m in [(1, 2), (3, 0)] if offsets]
        )
        return f"BETWEEN {start} AND {end}"

    def exclusion(self):
        return self.dice.choice([""] * 4 + [" EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"])

    def window(self, parts, unique="id"):
        """A window over these parts, and the functions that are determined there."""
        partition = "PARTITION BY " + ", ".join(parts) if parts else ""
        kind = self.dice.randrange(6)
        if kind == 0:
            return partition, SUMS
        if kind == 1:  # one order key, and a frame by its values
            frame = self.dice.choice([f"RANGE {self.bounds(True)}", f"GROUPS {self.bounds(True)}"]) + self.exclusion()
            return f"{partition} ORDER BY v{self.dice.choice(['', ' DESC'])} {frame}", SUMS
        keys = self.some(KEYS + ["v"], 0, 2)
        if kind == 2:
            if not keys:
                return partition, SUMS
            return f"{partition} ORDER BY " + ", ".join(key + self.direction() for key in keys), PEERS + SUMS
        time = self.dice.random() < 0.3
        order = ["d"] * time + [key + self.direction() for key in keys if not (time and key == "d")] + [unique + self.dice.choice(["", " DESC"])]
        functions = PEERS + [f for f in ORDERED if time or "sessionize" not in f] + FRAMED + SUMS
        frame = self.dice.choice(["", f"ROWS {self.bounds(True)}{self.exclusion()}"])
        return f"{partition} ORDER BY {', '.join(order)} {frame}", functions

    def parts(self):
        expressions = ["(a % 3)", "lower(b)", "coalesce(c, 0)", "(b COLLATE blind)"]
        return self.some(KEYS + expressions, 0 if self.dice.random() < 0.1 else 1, 3)

    def calls(self, window, prefix="w"):
        clause, functions = window
        return ", ".join(f"{call} OVER ({clause}) AS {prefix}{n}" for n, call in enumerate(self.some(functions, 1, 3)))

    def query(self):
        table = self.dice.choices(list(TABLES), [1, 1, 4, 8, 4])[0]
        where = self.dice.choice(["", "", " WHERE v > 30", " WHERE a IS NOT NULL", " WHERE a = 1"])
        return self.dice.choice([self.windows, self.groups])(table, where)

    def groups(self, table, where):
        parts = self.parts() or ["a"]
        shown = [p for p in parts if p not in ("c", "e", "coalesce(c, 0)", "(b COLLATE blind)")]
        results = ", ".join([*shown, *(f"{call} AS s{n}" for n, call in enumerate(self.some(AGGREGATES, 1, 4)))])
        having = self.dice.choice([""] * 4 + [" HAVING count(*) > 2", " HAVING sum(v) % 2 = 0", " HAVING count(DISTINCT v) > 1"])
        source = self.dice.choice([table] * 5 + [
            f"(SELECT *, {self.calls(self.window(parts))} FROM {table}) q", f"(SELECT * FROM {table} ORDER BY d, id) q",
            f"{table} JOIN (SELECT id % 50 AS k, count(*) AS n FROM few GROUP BY 1) o ON id % 60 = k"])
        sets = self.dice.choice([", ".join(parts)] * 9 + [f"GROUPING SETS (({', '.join(parts)}), ({parts[0]}))"])
        query = f"SELECT {results} FROM {source}{where} GROUP BY {sets}{having}"
        kind = self.dice.randrange(8)
        if kind == 0:  # rescans, with and without a change
            other = self.dice.choice([" WHERE v > o.k", ""])
            return f"SELECT o.k, s.* FROM generate_series(0, 60, 20) o(k) LEFT JOIN LATERAL (SELECT {results} FROM few{other} GROUP BY {sets}{having}) s ON true"
        if kind == 1:  # windows over groups
            return f"SELECT *, count(*) OVER (PARTITION BY s0::text) FROM ({query}) g"
        return query

    def windows(self, table, where):
        parts = self.parts()
        first = f"SELECT *, {self.calls(self.window(parts))} FROM {table}{where}"
        kind = self.dice.randrange(10)
        if kind < 3:
            return first
        if kind < 5:  # several windows over the same parts, some of them, and more
            windows = [self.window(self.dice.choice([parts, parts + [p for p in self.parts() if p not in parts], parts[:1], self.parts()])) for _ in range(2)]
            return f"SELECT id, {', '.join(self.calls(w, f'w{n}_') for n, w in enumerate([self.window(parts), *windows]))} FROM {table}{where}"
        if kind < 7:  # a window over a window, as sessions are made
            inner = f"SELECT *, row_number() OVER (PARTITION BY {', '.join(parts or ['a'])} ORDER BY d, id) / 3 AS s, {self.calls(self.window(parts))} FROM {table}{where}"
            return f"SELECT id, {self.calls(self.window([p for p in parts if p in KEYS] + ['s']), 'o')} FROM ({inner}) q"
        if kind == 7:  # groups over a window
            keys = ", ".join([p for p in parts if p in KEYS] + ["x"])
            return f"SELECT count(*), sum(v), array_agg(id ORDER BY id) FROM (SELECT *, rank() OVER (PARTITION BY {', '.join(parts or ['a'])} ORDER BY v) AS x FROM {table}{where}) q GROUP BY {keys}"
        if kind == 8:  # rescans, with and without a change
            other = self.dice.choice(["v > o.k", "true"])
            return f"SELECT o.k, s.* FROM generate_series(0, 60, 20) o(k) LEFT JOIN LATERAL (SELECT id, {self.calls(self.window(parts))} FROM few WHERE {other}) s ON s.id % 20 <> o.k"
        return f"SELECT * FROM ({first}) q ORDER BY id LIMIT 20"

    def settings(self):
        parallel = self.dice.random() < 0.3
        return {
            "work_mem": self.dice.choice(["64kB", "64kB", "4MB"]),
            "hash_mem_multiplier": self.dice.choice(["1", "2"]),
            "jit_above_cost": self.dice.choice(["-1"] * 9 + ["0"]),
            "enable_hashjoin": self.dice.choice(["on", "off"]),
            "enable_material": self.dice.choice(["on", "off"]),
            "max_parallel_workers_per_gather": 2 if parallel else 0,
            "parallel_setup_cost": 0,
            "parallel_tuple_cost": 0,
            "min_parallel_table_scan_size": 0,
        }


DATABASE = "journey_partition_sort"


def psql(script, database=DATABASE):
    command = [options.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database]
    done = subprocess.run(command, input="SET client_min_messages = warning;\n" + script, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return done.stdout.splitlines()


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", default="psql")
parser.add_argument("--queries", type=int, default=300)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
tap = Tap()

tables = "\n".join(
    f"CREATE TABLE {name} AS SELECT id, a, b, c, d, e, f, g, h COLLATE \"C\" AS h, u, r, l, v, pad FROM fill({rows}); CREATE INDEX ON {name} (a, d, id); ANALYZE {name};" for name, rows in TABLES.items()
)
psql(f"DROP DATABASE IF EXISTS {DATABASE};\nCREATE DATABASE {DATABASE};", "postgres")
psql("CREATE EXTENSION journey;" + SETUP.format(seed=options.seed, tables=tables))
queries = Queries(options.seed)
used = 0
for begin in range(0, options.queries, 100):
    count = min(100, options.queries - begin)
    script, asked = "SET search_path = partition_sort_test, public; SELECT journey.session_rule('1 minute') IS NULL;\n", []
    for _ in range(count):
        query = queries.query()
        settings = "".join(f"SET {name} = '{value}';" for name, value in queries.settings().items())
        asked.append(settings + "\n" + query)
        script += f"{settings}\nSELECT compare($query${query}$query$);\n"
    answers = psql(script)[1:]
    used += answers.count("same")
    tap.none(
        [f"{answer}\n{query}" for query, answer in zip(asked, answers, strict=True) if answer not in ("same", "unused")],
        f"{count} queries from number {begin + 1} give the same rows",
    )
tap.ok(used * 2 > options.queries, f"most queries used a partition sort: {used} of {options.queries}")
psql(f"DROP DATABASE {DATABASE};", "postgres")
tap.finish()
