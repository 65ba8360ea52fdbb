"""Random work on a server that has the extension: it must survive, and say nothing but clean errors. Prints TAP.

calls   every function with random arguments of its types, hostile ones among them
forms   every stored form, mangled: what is taken in can be printed and read again
states  every aggregate's state on its way between nodes, mangled
plans   every aggregate's example under every plan: always the same result

A seed repeats the same work, as far as time allows the same amount.
"""

import argparse
import collections
import pathlib
import random
import re
import subprocess
import time

from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATABASE = "soak"
TIMEOUT, PATIENCE = 5, 10  # seconds: of a statement, and for it to notice
tap = Tap()


def psql(*arguments, script=None):
    command = [options.psql, "-X", "-q", "-A", "-t", "-d", DATABASE, *arguments]
    return subprocess.run(command, input=script, capture_output=True, text=True)


def rows(query):
    done = psql("-v", "ON_ERROR_STOP=1", "-c", query)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return [line.split("|") for line in done.stdout.splitlines()]


class Session:
    """Runs statements one by one and keeps what a server should not do."""

    def __init__(self, what, setup=""):
        self.what, self.setup = what, setup
        self.states, self.faults = collections.Counter(), []

    def run(self, statements):
        """The SQLSTATE of each statement, in a session of their own."""
        script = ["\\set VERBOSITY verbose", "\\o /dev/null", "SET client_min_messages = warning;", f"SET statement_timeout = '{TIMEOUT}s';", self.setup]
        for statement in statements:
            script += ["\\warn @", statement.replace("\n", " ") + "\n;"]
        command = [options.psql, "-X", "-q", "-d", DATABASE]
        pipes = {name: subprocess.PIPE for name in ("stdin", "stderr")}
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, errors="replace", **pipes) as process:
            feeder = subprocess.threading.Thread(target=self.feed, args=(process.stdin, "\n".join([*script, "\\warn @"])))
            feeder.start()
            number, began, said = -1, time.monotonic(), []
            for line in process.stderr:
                if line != "@\n":
                    said.append(line)
                    continue
                if number >= 0:
                    self.judge(statements[number], "".join(said), time.monotonic() - began)
                number, began, said = number + 1, time.monotonic(), []
            feeder.join()
        if number < len(statements):
            self.faults.append(f"broke off: {''.join(said)[:500]}\n  {statements[max(number, 0)][:2000]}")
            self.wait()

    @staticmethod
    def feed(stdin, script):
        try:
            with stdin:
                stdin.write(script)
        except BrokenPipeError:
            pass

    @staticmethod
    def wait():
        """For a server that has crashed to come back."""
        for _ in range(120):
            if psql("-c", "SELECT 1").returncode == 0:
                return
            time.sleep(0.5)
        raise SystemExit("the server does not come back")

    def judge(self, statement, said, seconds):
        state = "00000"
        for line in said.splitlines():
            if line.startswith(("ERROR:  ", "FATAL:  ", "PANIC:  ")):
                state = line[8:13]
        self.states[state] += 1
        bad = state.startswith(("XX", "57P")) or "server closed the connection" in said or "connection to server was lost" in said
        leak = "WARNING" in said and ("leak" in said or "not closed" in said)
        if bad or leak or seconds > TIMEOUT + PATIENCE:
            self.faults.append(f"{seconds:.1f} seconds: {said[:500]}\n  {statement[:2000]}")

    def report(self):
        common = ", ".join(f"{state} {count:,}" for state, count in self.states.most_common(8))
        tap.none(self.faults[:20], f"{sum(self.states.values()):,} {self.what}, seed {options.seed}: {common}")


TEXTS = [
    "''", "' '", "'a'", "'ann'", "'ünï'", "'%'", "'*'", "'[a-z]*'", "'[!'", "'{}'", "'null'", "'first'", "'google'", "'cpc'", "'Paid Search'", "'standard'",
    "'https://shop.example/a?utm_source=x&utm_medium=email&gclid=1#f'", "'http://[::1]:99999/%zz%00?&&=&=%'", "'//x'", "'HTTP://EXAMPLE.CO.UK'",
    "'Europe/Berlin'", "'30 minutes'", "'{\"rule\": {}}'", "'2025-01-01'", "E'\\n\\t'", "E'\\x01'", "U&'\\FFFF'", "repeat('a', 5000)", "repeat('%', 3000)",
    "repeat('[a', 2000)", "repeat('https://', 20000)", "repeat('ä.', 100000)", "'TABLE edges'", "'SELECT * FROM edges LIMIT 3'", "'TABLE nowhere'", "'SELECT'",
    "'SELECT 1; SELECT 2'", "'SELECT 1 / 0'", "'VALUES (''a'', ''u'', now())'", "'VALUES (NULL::text, NULL::text)'", "'DELETE FROM edges'",
    "'SELECT * FROM journey.resolve_aliases(''TABLE edges'')'",
]
NUMBERS = ["0", "1", "-1", "2", "5", "7", "100", "1000", "32767", "65536", "1000000", "134217726", "2147483647", "-2147483648"]
TIMES = ["'2025-01-01'", "'2025-01-01 00:30'", "'2025-03-30 02:30'", "'infinity'", "'-infinity'", "'4713-01-01 BC'", "'294276-12-31'", "'1970-01-01'", "now()"]
VALUES = {
    "text": TEXTS,
    "character varying": TEXTS,
    "name": ["'a'", "'edges'"],
    "boolean": ["true", "false"],
    "integer": NUMBERS,
    "smallint": NUMBERS[:9],
    "bigint": [*NUMBERS, "9223372036854775807", "'-9223372036854775808'"],
    "double precision": [*NUMBERS, "'NaN'", "'Infinity'", "'-Infinity'", "1e308", "-1e308", "1e-320", "0.1", "'-0'", "0.5", "1e15"],
    "numeric": [*NUMBERS, "'NaN'", "'Infinity'", "1e100", "-1e-100", "0.1", "12345.6789", "1e1000"],
    "timestamp with time zone": TIMES,
    "timestamp without time zone": TIMES,
    "date": TIMES[:-1],
    "interval": ["'30 minutes'", "'0'", "'-1 day'", "'1 month'", "'1 day'", "'1 microsecond'", "'178000000 years'", "'-178000000 years'", "'290 years'", "'106751991 days'"],
    "tstzrange": ["'empty'", "'(,)'", "'[2025-01-01,2025-02-01)'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'"],
    "bytea": ["''", "'\\x00'", "'\\x0101000000'"],
    "json": ["'{}'", "'[1, null]'", "'\"a\"'"],
    "jsonb": ["'{}'", "'[1, null]'", "'{\"a\": {\"b\": 1}}'"],
    "regclass": ["'edges'", "'sample'", "'pg_class'"],
    "regprocedure": ["0", "'now()'"],
    "regtype": ["'text'", "0"],
    "oid": ["0", "1", "4294967295"],
    "record": ["ROW(1, 'a')", "ROW()"],
    "journey.trail": [
        "(SELECT trail FROM sample WHERE trail IS NOT NULL LIMIT 1)", "(SELECT journey.trail(ts, timeout, touch, page, converted) FROM sample)",
        "(SELECT journey.rollup(trail) FROM sample)", "(SELECT journey.trail(ts, rule, touch, page, converted) FROM sample)",
        "(SELECT journey.trail('4713-01-01 BC'::timestamptz + n * interval '200 years', '1 second'::interval) FROM generate_series(1, 1000) n)",
    ],
    "journey.funnel_rule": ["'30 minutes'", "'7 days, strict_deduplication'", "'1 hour, strict_increase'", "'7 days, strict_order'"],
    "journey.session_rule": ["'30 minutes'", "journey.session_rule('1 hour', true, NULL, 'Asia/Kathmandu')", "journey.session_rule('1 day', false, '2 days')"],
}
ELEMENTS = ["text", "integer", "numeric", "double precision", "boolean", "timestamp with time zone", "journey.touch", "text[]", "journey.trail", "uuid"]


class Arguments:
    """Random values of any type, as SQL."""

    def __init__(self):
        self.labels = collections.defaultdict(list)
        for name, label in rows("SELECT enumtypid::regtype, enumlabel FROM pg_enum"):
            self.labels[name].append(f"'{label}'")
        self.attributes = collections.defaultdict(list)
        for name, attribute in rows(
            "SELECT reltype::regtype, format_type(atttypid, NULL) FROM pg_class c JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped"
            " WHERE relnamespace IN ('journey'::regnamespace, 'public'::regnamespace) AND reltype <> 0 ORDER BY reltype, attnum"
        ):
            self.attributes[name].append(attribute)

    def of(self, kind, dice, depth=0):
        if dice.random() < 0.1:
            return f"NULL::{kind}"
        if kind.endswith("[]"):
            return self.array(kind, dice, depth)
        if kind in self.labels:
            return f"{dice.choice(self.labels[kind])}::{kind}"
        if kind in self.attributes:
            return f"ROW({', '.join(self.of(part, dice, depth + 1) for part in self.attributes[kind])})::{kind}"
        if kind in VALUES:
            return f"({dice.choice(VALUES[kind])})::{kind}" if kind != "record" else dice.choice(VALUES[kind])
        return f"'{dice.choice(['', '0', 'a', '{}', '[]'])}'::{kind}"

    def array(self, kind, dice, depth):
        element = kind[:-2]
        draw = dice.random()
        if draw < 0.1:
            return f"'{{}}'::{kind}"
        if draw < 0.2 and depth == 0:
            return f"array_fill({self.of(element, dice, 1)}, ARRAY[{dice.choice([1000, 20000, 100000])}])"
        if draw < 0.25:
            return f"array_fill({self.of(element, dice, 1)}, ARRAY[2, 2])"
        if draw < 0.3:
            return f"array_fill({self.of(element, dice, 1)}, ARRAY[3], ARRAY[-1])"
        return f"ARRAY[{', '.join(self.of(element, dice, depth + 1) for _ in range(dice.randint(1, 6)))}]::{kind}"


class Function:
    def __init__(self, name, kind, arguments, result):
        self.name, self.kind, self.result = name, kind, result
        self.arguments = [argument for argument in arguments.split(";") if argument]

    def call(self, values, dice):
        """A statement that calls it, once or over some rows: what it keeps from row to row must not mislead it."""
        element = dice.choice(ELEMENTS)
        concrete = {"anyelement": element, "anynonarray": "text", "anyenum": "journey.touch_kind", "anyarray": "text[]" if element.endswith("[]") else element + "[]",
                    "anycompatible": element, '"any"': element}
        kinds = [concrete.get(argument, argument) for argument in self.arguments]

        def row():
            return [values.of(kind, dice) for kind in kinds]

        if self.kind == "p":
            return f"CALL journey.{self.name}({', '.join(row())})"
        cast = "" if self.result == "void" else "::text"
        if self.kind == "f" and (dice.random() < 0.4 or not kinds):
            return f"SELECT journey.{self.name}({', '.join(row())}){cast} LIMIT 1000"
        once = row()
        table = [[dice.choice([value, other]) for value, other in zip(once, row())] for _ in range(dice.randint(1, 6))]
        names = [f"a{i}" for i in range(len(kinds))]
        source = f"(VALUES {', '.join('(' + ', '.join([*line, str(n % 2)]) + ')' for n, line in enumerate(table))}) v({', '.join([*names, 'g'])})"
        call = f"journey.{self.name}({', '.join(names)})"
        order = dice.choice(names) if names and dice.random() < 0.7 else "g"
        if self.kind == "w" or self.kind == "a" and dice.random() < 0.2:
            frame = dice.choice(["", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING"])
            return f"SELECT ({call} OVER (PARTITION BY g ORDER BY {order}{frame})){cast} FROM {source}"
        if self.kind == "a":
            inside = dice.choice([", ".join(names), f"{', '.join(names)} ORDER BY {order}"])
            return f"SELECT (journey.{self.name}({inside}) FILTER (WHERE g < 2)){cast} FROM {source}{dice.choice(['', ' GROUP BY g'])}"
        return f"SELECT {call}{cast} FROM {source} LIMIT 1000"


def calls(seconds, dice):
    """Random calls, function after function."""
    functions = [
        Function(*row)
        for row in rows(
            "SELECT proname, prokind, array_to_string(ARRAY(SELECT format_type(argument, NULL) FROM unnest(proargtypes) argument), ';'), format_type(prorettype, NULL)"
            " FROM pg_proc WHERE pronamespace = 'journey'::regnamespace AND NOT EXISTS (SELECT FROM unnest(proargtypes || prorettype) argument"
            " WHERE argument IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)) ORDER BY oid"
        )
    ]
    values = Arguments()
    session = Session(f"calls of {len(functions)} functions")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        session.run([function.call(values, dice) for function in dice.sample(functions, len(functions))])
    session.report()


def mangled(form, others, dice):
    """Bytes like these, but wrong somewhere."""
    form = bytearray(form)
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        place = dice.randrange(len(form) + 1)
        draw = dice.randrange(6)
        if draw == 0:
            del form[place:]
        elif draw == 1:
            form[place : place + 1] = bytes([dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])])
        elif draw == 2:
            form[place:place] = dice.randbytes(dice.choice([1, 4, 8]))
        elif draw == 3:
            form[place : place + 8] = b"\xff" * dice.choice([1, 2, 4, 8])
        elif draw == 4:
            del form[place : place + dice.randint(1, 8)]
        else:
            other = dice.choice(others)
            form[place:] = other[dice.randrange(len(other) + 1) :]
    return "'\\x" + form.hex() + "'"


def forms(seconds, dice):
    """Values of the extension's base types in their binary form."""
    kinds = [row[0] for row in rows("SELECT oid::regtype FROM pg_type WHERE typnamespace = 'journey'::regnamespace AND typtype = 'b' AND typelem = 0 ORDER BY 1")]
    seeds = {}
    for kind in kinds:
        made = " UNION ALL ".join(f"SELECT ({value})::{kind} AS v" for value in VALUES[kind])
        send = rows(f"SELECT typsend::regproc FROM pg_type WHERE oid = '{kind}'::regtype")[0][0]
        seeds[kind] = [bytes.fromhex(row[0]) for row in rows(f"SELECT encode({send}(v), 'hex') FROM ({made}) m ORDER BY length({send}(v)) LIMIT 4")]
    session = Session(f"mangled values of {', '.join(kinds)}")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        chosen = [dice.choice(kinds) for _ in range(200)]
        session.run([f"SELECT passed('{kind}', {mangled(dice.choice(seeds[kind]), seeds[kind], dice)})" for kind in chosen])
    session.report()


def states(seconds, dice):
    """States of aggregates as they travel between nodes."""
    seeds = {}
    unmended = re.findall(r"\('(\w+)'\)", "".join(re.findall(r"^INSERT INTO unmended .*", (ROOT / "test/engine.sql").read_text(), re.M)))
    for aggregate, state in rows(
        "SELECT aggregate, encode(engine_state(aggregate, format('SELECT %s FROM sample LIMIT %s', arguments, size), 0, 1), 'hex') FROM examples, (VALUES (3), (20)) s(size)"
        " WHERE NOT EXISTS (SELECT FROM pg_proc p, unnest(proargtypes) t WHERE p.oid = aggregate AND t IN (SELECT oid FROM pg_type WHERE typtype = 'p'))"
        f" AND split_part(split_part(aggregate::text, '(', 1), '.', 2) <> ALL ('{{{','.join(unmended)}}}')"
    ):
        seeds.setdefault(aggregate, []).append(bytes.fromhex(state))
    session = Session(f"mangled states of {len(seeds)} aggregates")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        chosen = [(aggregate, seeds[aggregate]) for aggregate in dice.choices(sorted(seeds), k=200)]
        session.run(
            [
                f"SELECT engine_result('{aggregate}', ARRAY[{mangled(dice.choice(known), known, dice)}, '\\x{known[0].hex()}']::bytea[])"
                for aggregate, known in chosen
            ]
        )
    session.report()


PLANS = {
    "serial": {},
    "parallel": {"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0", "parallel_tuple_cost": "0", "min_parallel_table_scan_size": "0"},
    "sorted": {"enable_hashagg": "off"},
    "hashed": {"enable_sort": "off"},
    "spilled": {"enable_sort": "off", "work_mem": "64kB", "hash_mem_multiplier": "1"},
    "compiled": {"jit": "on", "jit_above_cost": "0", "jit_inline_above_cost": "0", "jit_optimize_above_cost": "0"},
    "partition-wise": {"enable_partitionwise_aggregate": "on"},
    "partition-wise, parallel, spilled": {
        "enable_partitionwise_aggregate": "on", "max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0", "parallel_tuple_cost": "0",
        "min_parallel_table_scan_size": "0", "work_mem": "64kB", "hash_mem_multiplier": "1", "enable_sort": "off",
    },
}


def plans():
    """One digest an aggregate, for all groups and for the whole, from each plan over the same rows in other orders."""
    psql(script="""
        SELECT setseed(0.5);
        CREATE TABLE many AS SELECT visitor || '-' || piece AS who, s.* FROM sample s, generate_series(1, 4) piece ORDER BY random();
        CREATE TABLE parts (LIKE many) PARTITION BY HASH (who);
        CREATE TABLE part_0 PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER 0);
        CREATE TABLE part_1 PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER 1);
        CREATE TABLE part_2 PARTITION OF parts FOR VALUES WITH (MODULUS 3, REMAINDER 2);
        INSERT INTO parts SELECT * FROM many ORDER BY random();
        ANALYZE many, parts;
    """)
    examples = rows(
        "SELECT aggregate, format('journey.%I(%s)', proname, CASE WHEN provariadic = 0 THEN arguments ELSE regexp_replace(arguments, '^(.*)ARRAY', '\\1VARIADIC ARRAY') END)"
        " FROM examples JOIN pg_proc p ON p.oid = aggregate ORDER BY 1"
    )
    expected = {}
    for name, settings in PLANS.items():
        chosen = "".join(f"SET {key} = '{value}';\n" for key, value in ({"max_parallel_workers_per_gather": "0", "jit": "off"} | settings).items())
        for table in ("many", "parts"):
            queries = [
                f"SELECT md5(coalesce(string_agg(r, ',' ORDER BY r COLLATE \"C\"), '')) FROM (SELECT {key}{call}::text AS r FROM {table}{group}) grouped;"
                for _, call in examples
                for key, group in (("who || ", " GROUP BY who"), ("", ""))
            ]
            done = psql("-v", "ON_ERROR_STOP=1", script=chosen + "\n".join(queries))
            digests = done.stdout.splitlines()
            expected = expected or dict(enumerate(digests))
            wrong = {examples[i // 2][0] for i, digest in enumerate(digests) if expected[i] != digest}
            tap.ok(not wrong and len(digests) == len(queries), f"{len(examples)} aggregates over {table}: {name}", done.stderr + "\n".join(sorted(wrong)))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--psql", type=pathlib.Path, required=True)
parser.add_argument("--seconds", type=int, default=60)
parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
options = parser.parse_args()

for name in ("dropdb --if-exists --force", "createdb"):
    subprocess.run([options.psql.with_name(name.split()[0]), *name.split()[1:], DATABASE], check=True)
psql("-v", "ON_ERROR_STOP=1", "-c", "CREATE EXTENSION journey", "-f", ROOT / "test/support/examples.sql", "-f", ROOT / "test/support/engine.sql").check_returncode()
psql("-v", "ON_ERROR_STOP=1", script=r"""
    CREATE TABLE edges AS SELECT 'device ' || n % 50 AS alias, CASE WHEN n % 3 = 0 THEN 'user ' || n % 20 END AS user_id, timestamptz '2025-01-01' + n * interval '1 hour' AS seen_at
    FROM generate_series(1, 200) n;
    -- What a type takes in, it must print as it takes it in again.
    CREATE FUNCTION passed(kind regtype, bytes bytea) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE printed text; again text;
    BEGIN
      printed := received(kind, bytes);
      BEGIN
        PERFORM convert_from(textsend(printed), 'UTF8');
        EXECUTE format('SELECT %L::%s::text', printed, kind) INTO STRICT again;
      EXCEPTION WHEN others THEN
        RAISE 'taken in but not printed: %', sqlerrm USING ERRCODE = 'XX001';
      END;
      IF again <> printed THEN RAISE 'read again as other: % %', printed, again USING ERRCODE = 'XX001'; END IF;
    END $$;
""").check_returncode()
dice = random.Random(options.seed)
plans()
calls(options.seconds * 0.6, dice)
forms(options.seconds * 0.2, dice)
states(options.seconds * 0.2, dice)
tap.finish()
