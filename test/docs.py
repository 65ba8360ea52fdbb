"""Runs the SQL of the documentation: the ```sql blocks of a page, in order, in one session and a database of its own.

A block followed by an ```output block must print exactly that; any other block must run without error. Blocks run as a
reader would run them, each statement for itself. A page may begin with hidden set-up in an HTML comment:
<!-- setup ... -->. Prints TAP; exits non-zero on any failure.
"""

import argparse
import pathlib
import re
import subprocess

from tap import Tap

BLOCK = re.compile(
    r"<!-- setup\n(?P<setup>.*?)-->|^```sql\n(?P<sql>.*?)^```\n(?:\s*^```output\n(?P<output>.*?)^```$)?", re.S | re.M
)
ERROR = re.compile(r"^(psql: |psql:<stdin>:\d+: )?(ERROR|FATAL|PANIC|error|invalid command|connection to server|server closed)\b", re.M)
MARKER = "--- block ---"


def run(database, script):
    command = [options.psql, "-X", "-q", "-d", database]
    done = subprocess.run(command, input=script, capture_output=True, text=True)
    return done.stdout, done.stderr


def trimmed(text):
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def results(page, text):
    """For each block of a page: its line, whether it is as it should be, and what it said and showed."""
    database = "docs_" + re.sub(r"\W", "_", page.stem.lower())
    run("postgres", f'DROP DATABASE IF EXISTS "{database}";\nCREATE DATABASE "{database}";')
    script = "SET client_min_messages = warning;\n"
    if page.name != "README.md":
        script += "CREATE EXTENSION IF NOT EXISTS journey;\n"
    # What precedes the first block, and each piece of hidden set-up, is a block that must run, too.
    blocks = [(1, script, None)]
    for block in BLOCK.finditer(text):
        blocks.append((text.count("\n", 0, block.start()) + 1, block["setup"] or block["sql"], block["output"]))
    between = f"\n\\echo {MARKER}\n\\warn {MARKER}\n"
    outputs, errors = (stream.split(MARKER + "\n") for stream in run(database, between.join(sql for _, sql, _ in blocks)))
    for i, (line, sql, expected) in enumerate(blocks):
        shown, said = (stream[i] if i < len(stream) else "not reached" for stream in (outputs, errors))
        good = i < len(errors) and not ERROR.search(said) and (expected is None or trimmed(shown) == trimmed(expected))
        yield line, good, f"{said}\ngot:\n{shown}"


# A page of which every other block is bad: this program must see it.
PAGE = """
```sql
CREATE TABLE counted (n int);
CREATE PROCEDURE add() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO counted VALUES (1); COMMIT; END $$;
CALL add();
```
```sql
SELECT 1 / 0; SELECT 1;
```
```sql
SELECT * FROM counted;
```
```output
 n
---
 1
(1 row)
```
```sql
SELECT * FROM counted;
```
```output
 n
---
 2
(1 row)
```
```sql
SELECT 'ERROR: ' AS "no error";
```
```sql
\\quitt
```
"""

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", default="psql")
parser.add_argument("pages", nargs="+", type=pathlib.Path)
options = parser.parse_args()
tap = Tap()
verdicts = [good for _, good, _ in results(pathlib.Path("page of tests"), PAGE)]
tap.ok(verdicts == [True, True, False, True, False, True, False], "a bad block is seen, and a good one is none", verdicts)
for page in options.pages:
    for line, good, why in results(page, page.read_text()):
        tap.ok(good, f"{page}:{line}", why)
tap.finish()
