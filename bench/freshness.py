"""How long after its commit an event is in a pipeline's targets. Runs in the database that PGDATABASE names."""

import argparse
import subprocess
import sys
import time

WORLD = """
CREATE SCHEMA fresh;
CREATE TABLE fresh.events (id bigint GENERATED ALWAYS AS IDENTITY, device text, user_id text, ts timestamptz, page text);
CREATE TABLE fresh.batches (batch int PRIMARY KEY, committed_at timestamptz, seen_at timestamptz);
SELECT journey.create_pipeline('fresh', 'fresh', slice => 'day');
SELECT journey.add_source('fresh', 'fresh.events', ts => 'ts', event_id => 'id', anonymous_id => 'device', user_id => 'user_id', page_url => 'page');
CREATE PROCEDURE fresh.events_of(rate int, n int) LANGUAGE sql AS $$
  INSERT INTO fresh.events (device, user_id, ts, page)
  SELECT 'd' || floor(random() * rate * 50)::int, CASE WHEN random() < 0.05 THEN 'u' || floor(random() * rate * 25)::int END, clock_timestamp(), 'https://shop.example/?utm_source=news&utm_medium=email'
  FROM generate_series(1, n)
$$;
-- A batch each twentieth of a second, and with it a device that was never seen: it tells when the batch is to be seen.
CREATE PROCEDURE fresh.write(rate int, seconds float8) LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz := clock_timestamp();
BEGIN
  SET synchronous_commit = off;
  FOR n IN 1 .. ceil(seconds * 20)::int LOOP
    PERFORM pg_sleep(extract('epoch' FROM began + n * interval '0.05 seconds' - clock_timestamp()));
    CALL fresh.events_of(rate, rate / 20 - 1);
    INSERT INTO fresh.events (device, ts, page) VALUES ('batch ' || n, clock_timestamp(), '/');
    COMMIT;
    INSERT INTO fresh.batches VALUES (n, clock_timestamp());
    COMMIT;
  END LOOP;
END $$;
CREATE PROCEDURE fresh.watch(seconds float8) LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := clock_timestamp() + seconds * interval '1 second';
BEGIN
  WHILE clock_timestamp() < until LOOP
    UPDATE fresh.batches AS b SET seen_at = clock_timestamp() WHERE b.seen_at IS NULL AND EXISTS (SELECT FROM fresh.fresh_visitors AS v WHERE v.visitor_id = 'batch ' || b.batch);
    COMMIT;
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;
"""
RESULT = """
SELECT format('%s batches, %s not seen', count(*), count(*) FILTER (WHERE seen_at IS NULL)) FROM fresh.batches;
SELECT format('%s events, history included; refreshes: %s, a median one of %s events in %s ms', (SELECT count(*) FROM fresh.events), count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY events),
  round((extract('epoch' FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY finished_at - started_at)) * 1000)::numeric)) FROM journey.runs WHERE kind = 'refresh' AND sqlstate IS NULL AND run > (SELECT min(run) FROM journey.runs WHERE kind = 'refresh');
SELECT format('from commit to visible: p50 %s s, p99 %s s, longest %s s', p[1], p[2], p[3])
FROM (SELECT ARRAY(SELECT round(x::numeric, 2) FROM unnest(percentile_cont('{0.5,0.99,1}'::float8[]) WITHIN GROUP (ORDER BY extract('epoch' FROM seen_at - committed_at))) AS x) AS p FROM fresh.batches) AS x;
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--psql", default="psql")
    arguments.add_argument("--rate", type=int, default=100, help="events a second")
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--every", default="1 second", help="how often run() begins a refresh")
    options = arguments.parse_args()
    if options.rate < 20 or options.seconds < 1:
        arguments.error("--rate must be at least 20 and --seconds at least 1")
    command = [options.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", f"every={options.every}", "-f", "-"]

    def session(script):
        started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.stdin.write("SET client_min_messages = warning;\n" + script)
        started.stdin.close()
        return started

    def finished(process):
        said = process.stdout.read(), process.stderr.read()
        if process.wait() != 0:
            sys.exit(said[1])
        return said[0]

    # Some history first, and statistics: an empty table is planned for as one.
    finished(session(WORLD + f"CALL fresh.events_of({options.rate}, 20000);\nVACUUM ANALYZE fresh.events;\nCALL journey.fill('fresh');\nCALL journey.refresh('fresh');\nANALYZE;"))
    writer = session(f"CALL fresh.write({options.rate}, {options.seconds});")
    watcher = session(f"CALL fresh.watch({options.seconds + 3});")
    # As a scheduler has it: a call a minute, each refreshing for as long.
    until = time.monotonic() + options.seconds + 2
    while (left := until - time.monotonic()) > 0.5:
        finished(session(f"CALL journey.run('fresh', every => :'every', lasting => '{min(60, left):.1f} seconds');"))
    finished(writer)
    finished(watcher)
    print(finished(session(RESULT)), end="")


main()
