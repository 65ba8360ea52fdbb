"""Pipelines on a server that is killed: at the beginning of each part of a fill and a refresh, kill -9 of the session that is at it, or of the
postmaster. After recovery and one refresh more all must be as in the tables, in which what was committed is, and nothing else.

Run by pipelines_crash.sh. Prints TAP; exits non-zero on any failure.
"""

import argparse
import os
import random
import signal
import subprocess
import time

from sessions import ROOT, Session, source_of
from tap import Tap

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--psql", default="psql")
parser.add_argument("--start", required=True, help="the command that starts the server")
parser.add_argument("--rounds", type=int, default=1)
parser.add_argument("--quick", action="store_true", help="three of the parts")
options = parser.parse_args()
DATABASE = "pipelines_crash"
# The parts, in order, and whether a fill has them.
PARTS = {
    "list_source": True, "hold_source": True, "put_slice": True, "save_filled": True,
    "make_partitions": False, "compare_leaves": False, "take_marks": False, "forget_places": False, "save_met": False,
    "note_pairs": False, "put_aliases": False, "put_visitors": False, "save_step": False, "save_run": False,
}  # fmt: skip
REFRESH = "CALL journey.refresh('web', true);"
tap = Tap()


def started():
    """A session, as soon as the server gives one."""
    for _ in range(600):
        try:
            return Session(options.psql, DATABASE)
        except (ConnectionError, BrokenPipeError):
            time.sleep(0.1)
    raise SystemExit("the server does not come back")


def begin(session, function, script):
    """Runs a script until `function` begins; the process that is at it, which waits there."""
    session.run(source_of(function).replace("\nBEGIN\n", "\nBEGIN\n  PERFORM pg_catalog.pg_sleep(600);\n", 1))
    pid = int(session.run("SELECT pg_backend_pid();"))
    session.begin(script)
    watcher = Session(options.psql, DATABASE)
    for _ in range(600):
        if watcher.run(f"SELECT wait_event FROM pg_stat_activity WHERE pid = {pid};") == "PgSleep":
            break
        time.sleep(0.05)
    else:
        raise SystemExit(f"{function} is not called")
    watcher.close()
    return pid


def crash(function, fills, whole, dice):
    session = started()
    session.run("CALL make_shop(); CALL come('d1', '{e1 2025-01-05,c 2025-01-31}', 'u1'); CALL come('d2', '{e2 2025-01-06,c 2025-02-01}');")
    if not fills:
        session.run("CALL journey.fill('web'); " + REFRESH)
        session.run("UPDATE shop.events SET device = 'd3' WHERE event_id = 'e1'; DELETE FROM shop.events WHERE device = 'd2' AND event_id = 'c';")
    session.run(f"CALL come('d{dice.randrange(9)}', '{{n 2025-01-{dice.randrange(1, 31)},- 2025-02-{dice.randrange(1, 28)}}}', 'u{dice.randrange(3)}');")
    # Somebody writes meanwhile, and has not committed.
    writer = started()
    writer.run("BEGIN; CALL come('d9', '{lost 2025-01-07}', 'u1');")
    postmaster = int(session.run(r"SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1);"))
    pid = begin(session, function, "CALL journey.fill('web');" if fills else REFRESH)
    os.kill(postmaster if whole else pid, signal.SIGKILL)
    if whole:
        for _ in range(100):  # until the last of its processes is gone
            if subprocess.run(options.start, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
    session.close()
    writer.close()
    time.sleep(0.1)
    session = started()
    said = session.run(source_of(function))
    said += session.run("SELECT 'what was not committed is there' FROM shop.events WHERE event_id = 'lost'; SELECT 'what was is not' WHERE NOT EXISTS (SELECT FROM shop.events WHERE event_id = 'n');")
    said += session.run(f"CALL journey.fill('web'); {REFRESH} SELECT wrong(); SELECT 'marks are left' FROM journey.progress WHERE stale > 0;")
    session.close()
    tap.ok(said == "", f"{'the server' if whole else 'the session'} is killed at {function}", said)


server = Session(options.psql, "postgres")
server.run(f"CREATE DATABASE {DATABASE};")
server.close()
owner = started()
owner.run("CREATE EXTENSION journey;")
owner.run((ROOT / "test/support/pipelines_traps.sql").read_text())
owner.close()
parts = ["save_filled", "take_marks", "put_visitors"] if options.quick else list(PARTS)
for turn in range(options.rounds):
    for number, part in enumerate(parts):
        crash(part, PARTS[part], (number + turn) % 2 == 1, random.Random(turn * 100 + number))
tap.finish()
