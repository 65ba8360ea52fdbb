"""Runs the SQL of the documentation: each ```sql block of a page, in order, in a database of the page's own.

A block followed by an ```output block must print exactly that; any other block must run without error. A page may
begin with hidden set-up in an HTML comment: <!-- setup ... -->. Prints TAP; exits non-zero on any failure.
"""

import argparse
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(
    r"<!-- setup\n(?P<setup>.*?)-->|^```sql\n(?P<sql>.*?)^```\n(?:\s*^```output\n(?P<output>.*?)^```$)?", re.S | re.M
)


def psql(command, database, sql):
    run = [command, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database]
    done = subprocess.run(run, input=sql, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def trimmed(text):
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--psql", default="psql")
    arguments.add_argument("pages", nargs="+", type=pathlib.Path)
    options = arguments.parse_args()

    number = failures = 0
    for page in options.pages:
        text = page.read_text()
        database = "docs_" + re.sub(r"\W", "_", page.stem.lower())
        psql(options.psql, "postgres", f'DROP DATABASE IF EXISTS "{database}"')
        psql(options.psql, "postgres", f'CREATE DATABASE "{database}"')
        before = ["SET client_min_messages = warning;\nCREATE EXTENSION IF NOT EXISTS journey;\n"]
        if page.name == "README.md":
            before = ["SET client_min_messages = warning;\n"]
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            if block["setup"] is not None:
                before.append(block["setup"])
                continue
            # Blocks before this one run again in silence, so that temporary objects and settings carry over.
            marker = "--- block ---"
            status, out, err = psql(
                options.psql,
                database,
                "BEGIN;\n" + "\n".join(before) + f"\n\\echo {marker}\n" + block["sql"] + "\nROLLBACK;\n",
            )
            shown = out.partition(marker + "\n")[2]
            before.append(block["sql"])
            number += 1
            good = status == 0 and (block["output"] is None or trimmed(shown) == trimmed(block["output"]))
            failures += not good
            print(f"{'ok' if good else 'not ok'} {number} - {page}:{line}")
            if not good:
                print("\n".join("# " + row for row in (err + "\ngot:\n" + shown).splitlines()))
    print(f"1..{number}")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
