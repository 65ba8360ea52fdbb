"""Writes journey_sql--VERSION.sql: the SQL in src/, and from the extension's own files the types, tables, rules and comments
that both have. With --pg-tle it prints a script that installs the same through pg_tle instead."""

import argparse
import pathlib
import re

HERE = pathlib.Path(__file__).parent
CHANNELS = HERE.parent / "src/channels"
CONTROL = (HERE / "journey_sql.control").read_text()
VERSION = re.search(r"^default_version = '(.*)'", CONTROL, re.M)[1]
SCRIPT = HERE / f"journey_sql--{VERSION}.sql"
# Members of an extension are not dumped unless it says so; outside of one there is nothing to say.
DUMP = """DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = 'journey.sources'::regclass AND deptype = 'e') THEN
    PERFORM pg_catalog.pg_extension_config_dump('journey.sources', 'WHERE NOT shipped');
    PERFORM pg_catalog.pg_extension_config_dump('journey.touch_params', 'WHERE NOT shipped');
    PERFORM pg_catalog.pg_extension_config_dump('journey.channel_rules', 'WHERE NOT shipped');
  END IF;
END
$$;
"""


def statements(file, *beginnings):
    """The statements of a file that begin with one of these, each with its semicolon."""
    found = re.findall(r"^(?:[A-Z].*\n(?:(?![A-Z\-\n]).*\n)*)", file.read_text(), re.M)
    return "".join(text for text in found if text.startswith(beginnings))


def own(name):
    return (HERE / "src" / name).read_text()


def comments(script):
    """What the extension says of each function that is here as it is there."""
    theirs = "".join(statements(file, "COMMENT ON FUNCTION") for file in sorted((HERE.parent / "src").glob("*/*.sql")))
    commented = dict(re.findall(r"^(COMMENT ON FUNCTION journey\.\w+\([^)]*\)) IS((?:.*\n)(?:  .*\n)*)", theirs, re.M))
    here = set(re.findall(r"^COMMENT ON FUNCTION journey\.(\w+)\(", script, re.M))
    for name in dict.fromkeys(re.findall(r"^CREATE FUNCTION journey\.(\w+)\(", script, re.M)):
        if name not in here:
            signature = argument_types(script, name)
            head = f"COMMENT ON FUNCTION journey.{name}({signature})"
            yield f"{head} IS{commented[head]}"


def argument_types(script, name):
    arguments = re.search(rf"^CREATE FUNCTION journey\.{name}\((.*?)\) RETURNS", script, re.M | re.S)[1]
    given = [re.sub(r" DEFAULT .*", "", argument.strip()) for argument in arguments.split(",")]
    return ", ".join(argument.split(" ", 1)[1] for argument in given if not argument.startswith("OUT "))


def script():
    tables = statements(CHANNELS / "channels.sql", "CREATE TYPE", "COMMENT ON TYPE", "CREATE TABLE", "COMMENT ON TABLE", "COMMENT ON COLUMN", "GRANT")
    rows = "".join((CHANNELS / name).read_text() for name in ("rules.sql", "sources.sql"))
    made = "\n".join([own("schema.sql"), own("sessions.sql"), own("urls.sql"), tables + DUMP, own("channels.sql"), rows, own("rfm.sql")])
    return f"-- journey_sql {VERSION}. Written by generate.py: change src/ there, and the rows in the extension's src/channels.\n\n" + made + "\n" + "".join(comments(made))


def pg_tle():
    text = re.search(r"^comment = '(.*)'", CONTROL, re.M)[1]
    return f"SELECT pgtle.install_extension('journey_sql', '{VERSION}', '{text}', $_journey_sql_$\n{script()}$_journey_sql_$);\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pg-tle", action="store_true")
    if parser.parse_args().pg_tle:
        print(pg_tle(), end="")
    else:
        SCRIPT.write_text(script())
