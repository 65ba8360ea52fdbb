"""Pipelines beside clients: several sessions change the sources at random, others fill and refresh meanwhile, and one ends sessions
at any moment. Then every target must be what plain SQL makes of the tables, and what a pipeline that is filled at once has.

Prints TAP; exits non-zero on any failure.
"""

import argparse
import pathlib
import random
import subprocess
import threading
import time

from tap import Tap

parser = argparse.ArgumentParser()
parser.add_argument("--psql", default="psql")
parser.add_argument("--seeds", type=int, default=2)
parser.add_argument("--seconds", type=float, default=8)
parser.add_argument("--clients", type=int, default=4)
parser.add_argument("--months", type=int, default=0, help="so many are fed day by day, too")
options = parser.parse_args()
DATABASE = "pipelines_clients"
MODEL = pathlib.Path(__file__).resolve().parent / "support/pipelines_model.sql"
# What a session may end with: another was faster, or somebody ended it.
EXPECTED = ("deadlock detected", "could not serialize", "terminating connection", "server closed", "connection to server was lost", "lock timeout")

WRITER = """
CREATE PROCEDURE model.write(c model.configs, seed int, seconds float8) LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := clock_timestamp() + seconds * interval '1 second';
BEGIN
  PERFORM setseed((seed % 1000) / 1000.0);
  SET lock_timeout = '1s';
  WHILE clock_timestamp() < until LOOP
    BEGIN
      CALL model.change(c);
      IF random() < 0.3 THEN PERFORM pg_sleep(random() * 0.3); END IF;
      IF random() < 0.1 THEN RAISE SQLSTATE 'JM001'; END IF;
    EXCEPTION WHEN SQLSTATE 'JM001' OR deadlock_detected OR serialization_failure OR lock_not_available OR undefined_table OR invalid_object_definition OR object_not_in_prerequisite_state THEN NULL;
    END;
    COMMIT;
  END LOOP;
END $$;
"""
tap = Tap()


def psql(script, database=DATABASE):
    done = subprocess.run([options.psql, "-X", "-q", "-A", "-t", "-d", database], input=script, capture_output=True, text=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "ERROR" in line or "FATAL" in line]


def session(script, name, errors, stop=None):
    """Runs a script once, or until stop is set; what went wrong, but for what is expected, goes to errors."""
    while True:
        _, said = psql(f"SET application_name = '{name}';\nSET client_min_messages = error;\n{script}")
        errors += [line for line in said if not any(word in line for word in EXPECTED)]
        if stop is None or stop.is_set():
            return
        time.sleep(random.random() * 0.1)


def end_sessions(stop, seed):
    dice = random.Random(seed)
    while not stop.is_set():
        time.sleep(dice.random())
        psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('refresher', 'filler') ORDER BY random() LIMIT 1;")


def play(config, seed):
    errors, stop = [], threading.Event()
    tap_errors = psql(f"""
        SET client_min_messages = error;
        DO $do$
        DECLARE c model.configs;
        BEGIN
          SELECT * INTO c FROM model.configs WHERE config = '{config}';
          PERFORM setseed({seed} / 1000.0);
          CALL model.make_tables(c);
          FOR turn IN 1 .. 8 LOOP CALL model.change(c); END LOOP;
          CALL model.declare('live', c);
        END $do$;""")[1]
    write = "SELECT c AS c FROM model.configs AS c WHERE config = '%s' \\gset\nCALL model.write(:'c'::model.configs, %d, %f);"
    threads = [threading.Thread(target=session, args=(write % (config, seed * 100 + i, options.seconds), "writer", errors)) for i in range(options.clients)]
    threads += [threading.Thread(target=session, args=("CALL journey.refresh('live');", "refresher", errors, stop)) for _ in range(2)]
    threads += [threading.Thread(target=session, args=("CALL journey.fill('live', slices => 1);", "filler", errors, stop)) for _ in range(2)]
    threads.append(threading.Thread(target=end_sessions, args=(stop, seed)))
    for thread in threads:
        thread.start()
    for thread in threads[: options.clients]:
        thread.join()
    stop.set()
    for thread in threads[options.clients :]:
        thread.join()
    out, said = psql(f"""
        SET client_min_messages = error;
        CALL journey.fill('live');
        CALL journey.refresh('live', true);
        SELECT c AS c FROM model.configs AS c WHERE config = '{config}' \\gset
        CALL model.compare(:'c'::model.configs, {seed}, 0);
        CALL model.compare_fresh(:'c'::model.configs, {seed}, 0);
        SELECT model.wrong('{config}');
        SELECT 'marks left: ' || stale FROM journey.progress WHERE stale > 0;
        SELECT 'compared nothing' WHERE (SELECT coalesce(sum(events), 0) FROM model.results WHERE config = '{config}' AND seed = {seed}) = 0;
        SELECT count(*) || ' runs' FROM journey.runs \\g /dev/null
        SELECT FROM journey.drop_pipeline('live', keep_tables => false);""")
    wrong = [line for line in out.splitlines() if line]
    tap.none((tap_errors + errors + said + wrong)[:10], f"{config}, seed {seed}: as a rebuild, beside {options.clients} clients, and whoever was ended")


psql(f'DROP DATABASE IF EXISTS "{DATABASE}";\nCREATE DATABASE "{DATABASE}";', "postgres")
psql("CREATE EXTENSION journey;\n" + MODEL.read_text() + WRITER)
for seed in range(1, options.seeds + 1):
    for config in ("column", "latest_user", "numbers"):
        play(config, seed)
if options.months:
    out, said = psql(f"SET timezone = 'UTC'; TRUNCATE model.results; CALL model.feed('column', {options.months}, 1); SELECT model.wrong('column');")
    tap.none(said + [line for line in out.splitlines() if line], f"{options.months} months, fed day by day: as filled at once")
psql(f'DROP DATABASE "{DATABASE}";', "postgres")
tap.finish()
