"""connect/kafka over a real broker: 50,000 messages while the loader, the broker and the database are killed, each is stored once; what cannot be
stored is kept, with its place and why; what is wrong in the settings is named.

Run by a Python that has connect/kafka/requirements.txt. Prints TAP; exits non-zero on any failure.
"""

import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent.parent))

from broker import Broker  # noqa: E402
from cluster import Cluster  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402
from tap import Tap  # noqa: E402

FOLDER = HERE.parents[2] / "connect/kafka"
MESSAGES = 50_000

parser = argparse.ArgumentParser()
parser.add_argument("--psql", default="psql")
parser.add_argument("--jars", required=True, help="the folder of the broker's jars")
options = parser.parse_args()
tap = Tap()


def until(true, what, seconds=240):
    end = time.time() + seconds
    while not (found := true()):
        if time.time() > end:
            raise SystemExit(f"gave up waiting: {what}\n" + "\n".join(log.read_text()[-3000:] for log in place.glob("*.log")))
        time.sleep(0.1)
    return found


class Loader:
    """The program as one runs it, with settings of its own."""

    all = []

    def __init__(self, *words, topics=("clicks",), table="shop.events", group="journey", rows=200, columns="", kafka="", top=""):
        Loader.all.append(self)
        self.log = place / f"loader{len(Loader.all)}.log"
        file = self.log.with_suffix(".toml")
        file.write_text(f"""
topics = {json.dumps(topics)}
table = "{table}"
batch_rows = {rows}
{top}
[kafka]
"bootstrap.servers" = "{broker.address}"
"group.id" = "{group}"
"session.timeout.ms" = 1500
"heartbeat.interval.ms" = 300
{kafka}
[columns]
{columns or COLUMNS}
""")
        self.process = subprocess.Popen([sys.executable, FOLDER / "loader.py", file, *words], env=cluster.environment, stdout=open(self.log, "w"), stderr=subprocess.STDOUT)

    def said(self):
        return self.log.read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(20)

    def end(self):
        """Waits for it to end by itself: its status and what it said."""
        return self.process.wait(240), self.said()

    def memory(self):
        """The most memory it ever had, in MB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


COLUMNS = """
event_id = "messageId"
ts = "timestamp"
device = "anonymousId"
event = "event"
page_url = "context.page.url"
amount = "properties.amount"
tags = "properties.tags"
properties = "properties"
sent_at = { sql = "sent_at" }
place = { sql = "topic || '/' || partition || '/' || position" }
"""


class Stream:
    """A producer that knows where each message went."""

    def __init__(self):
        self.producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True, "linger.ms": 5, "queue.buffering.max.messages": 1_000_000})
        self.sent = 0
        self.poison = {}  # place -> what its reason must say

    def good(self, count):
        for number in range(self.sent, self.sent + count):
            properties = {"amount": 0.1 + number % 7, "tags": ["a", "b,c"], "exact": 12345678901234567890.123456789} if number % 100 else {}
            message = {
                "messageId": f"m{number}", "timestamp": time.strftime("%FT%TZ", time.gmtime(1_735_689_600 + number * 60)), "anonymousId": f"d{number % 500}",
                "event": "Page Viewed", "context": {"page": {"url": f"https://shop.example/{number}"}}, "properties": properties,
            }
            # As text, since Python's floats would not keep such a number.
            self.producer.produce("clicks", json.dumps(message).replace("1.2345678901234567e+19", "12345678901234567890.123456789"), key=message["anonymousId"])
            self.producer.poll(0)
        self.sent += count

    def bad(self):
        """Whatever could go wrong with one message, each with what its reason says."""
        deep = b'{"messageId": "deep", "timestamp": "2025-01-01", "properties": ' + b"[" * 100_000
        for value, reason in [
            (b'{"messageId": "cut off', "invalid input syntax for type json"),
            (b"[1, 2]", "no JSON object"),
            (b"", "no JSON object"),
            (None, "no JSON object"),
            (b'{"messageId": "\xff"}', "invalid byte sequence"),
            (b'{"messageId": "a\x00b"}', "invalid byte sequence"),
            (b'{"messageId": "a\\u0000b"}', "unsupported Unicode escape sequence"),
            (b'{"messageId": "\\ud800"}', "invalid input syntax for type json"),
            (b'{"messageId": "t", "timestamp": "yesterday-ish"}', "invalid input syntax for type timestamp"),
            (b'{"messageId": "t", "timestamp": null}', "null value in column"),
            (b'{"messageId": "n", "timestamp": "2025-01-01", "properties": {"amount": "much"}}', "invalid input syntax for type numeric"),
            (b'{"messageId": "n", "timestamp": "2025-01-01", "properties": {"amount": -1}}', "violates check constraint"),
            (b'{"messageId": "n", "timestamp": "2025-01-01", "properties": {"tags": "x"}}', "cannot extract elements"),
            (b'{"messageId": "n", "timestamp": "2025-01-01", "event": "a text that is longer than twenty"}', "value too long"),
            (b'{"messageId": "n", "timestamp": "2025-01-01", "event": "raise"}', "not welcome"),
            (deep, "stack depth limit exceeded"),
        ]:
            def known(error, message, reason=reason, value=value):
                self.poison[message.topic(), message.partition(), message.offset()] = reason, value

            self.producer.produce("clicks", value, key=b"\xff\xfe", on_delivery=known)
            self.producer.poll(0)

    def flush(self):
        left = self.producer.flush(60)
        if left:
            raise SystemExit(f"{left} messages were not taken by the broker")


def number(query):
    return int(cluster.sql(query) or 0)


def stored():
    return number("SELECT count(*) FROM shop.events")


def passed():
    return number("SELECT sum(next_offset) FROM kafka.offsets WHERE loader = 'journey'")


def adds_up(when):
    """Rows and poison are as many as the offsets say, whenever one looks."""
    found = cluster.sql("SELECT (SELECT count(*) FROM shop.events), (SELECT count(*) FROM kafka.poison), (SELECT sum(next_offset) FROM kafka.offsets WHERE loader = 'journey')")
    rows, poison, offset = map(int, found.split("|"))
    tap.ok(rows + poison == offset, f"{when}: rows and poison are as many as the offsets say", found)


def killed():
    """The stream while all that takes part in it is killed."""
    early = Loader()
    until(lambda: "broker: " in early.said(), "the loader says that there is no broker")
    tap.ok(early.process.poll() is None and "trying again" in early.said(), "no broker: the loader says so and tries again")
    broker.start()
    admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 2})
    for made in admin.create_topics([NewTopic("clicks", 3, 1), NewTopic("big", 1, 1)], operation_timeout=20).values():
        made.result(60)

    stream = Stream()
    stream.good(MESSAGES * 2 // 5)
    stream.bad()
    until(lambda: stored() > 1000, "the first rows")
    early.kill()
    seen = stored()
    tap.ok(1000 < seen < MESSAGES * 2 // 5, f"the loader is killed in the middle, at {seen} rows")
    adds_up("the loader was killed")

    loaders = Loader(), Loader()
    stream.good(MESSAGES * 3 // 10)
    stream.bad()
    until(lambda: stored() > seen + 5000, "rows of the loaders after it")
    broker.kill()
    tap.ok(stored() < MESSAGES * 7 // 10, "the broker is killed in the middle")
    stream.good(MESSAGES - stream.sent)
    until(lambda: all("Connection refused" in loader.said() or "disconnected" in loader.said() for loader in loaders), "the loaders say that the broker is away")
    broker.start()
    until(lambda: stored() > MESSAGES * 7 // 10, "rows after the broker is back")
    cluster.server("pg_ctl", "-D", cluster.place / "data", "-m", "immediate", "stop")
    until(lambda: any("database: " in loader.said() for loader in loaders), "a loader says that the database is away")
    time.sleep(1)
    cluster.server("pg_ctl", "-D", cluster.place / "data", "-l", cluster.place / "server.log", "-w", "start")
    stream.flush()
    until(lambda: passed() == MESSAGES + len(stream.poison), "all messages")
    adds_up("the end")
    tap.ok([loader.process.poll() for loader in loaders] == [None, None], "the loaders went on through all of it", "\n".join(loader.said()[-2000:] for loader in loaders))
    tap.ok([loader.stop() for loader in loaders] == [0, 0], "and end when told to")
    return stream


def once(stream):
    tap.ok(cluster.sql("SELECT count(*), count(DISTINCT event_id), count(DISTINCT place) FROM shop.events") == "|".join([str(MESSAGES)] * 3), f"each of {MESSAGES} messages once")
    found = cluster.sql("""
        SELECT count(*) FROM generate_series(0, 49999) AS n JOIN shop.events AS e ON e.event_id = 'm' || n
        WHERE e.ts = timestamptz '2025-01-01Z' + n * interval '1 minute' AND device = 'd' || n % 500 AND event = 'Page Viewed' AND page_url = 'https://shop.example/' || n
          AND amount IS NOT DISTINCT FROM CASE WHEN n % 100 > 0 THEN n % 7 + 0.1 END AND tags IS NOT DISTINCT FROM CASE WHEN n % 100 > 0 THEN '{a,"b,c"}'::text[] END
          AND properties ->> 'exact' IS NOT DISTINCT FROM CASE WHEN n % 100 > 0 THEN '12345678901234567890.123456789' END AND abs(extract(epoch FROM now() - sent_at)) < 3600""")
    tap.ok(int(found) == MESSAGES, "with all of its values, to the last digit", found)
    kept = {(topic, int(partition), int(offset)): (value, reason) for topic, partition, offset, value, reason in (row.split("|", 4) for row in cluster.sql(
        'SELECT topic, partition, "offset", md5(value), reason FROM kafka.poison').splitlines())}
    tap.ok(kept.keys() == stream.poison.keys() and len(kept) == 32, "poison is kept with where it was", kept.keys() ^ stream.poison.keys())
    tap.none([(kept[at], reason) for at, (reason, _) in stream.poison.items() if reason not in kept[at][1]], "and why")
    tap.none([at for at, (_, value) in stream.poison.items() if kept[at][0] != ("" if value is None else hashlib.md5(value).hexdigest())], "and whole")
    tap.ok(cluster.sql("SELECT count(*) FROM kafka.poison WHERE key = '\\xfffe' AND abs(extract(epoch FROM now() - sent_at)) < 3600") == "32", "with its key and its time")

    cluster.sql("ANALYZE shop.events;\nCALL journey.refresh('web')")
    tap.ok(cluster.sql("SELECT sum(journey.event_count(trail)), count(*) FROM shop.web_visitors") == f"{MESSAGES}|500", "a pipeline over the table has them all")

    cluster.sql("ALTER TABLE shop.events ALTER event TYPE text, DROP CONSTRAINT positive")
    status, said = Loader("--again").end()
    tap.ok(status == 0 and "32 poison messages, 28 are left" in said, "what was wrong is mended: the poison once more", said)
    tap.ok(cluster.sql("SELECT count(*), count(DISTINCT place) FROM shop.events WHERE event_id = 'n'") == "4|4" and number("SELECT count(*) FROM kafka.poison") == 28, "is rows now, or is kept still")


def pressure():
    """The database takes nothing for a while: the loader waits, and holds no more than it may."""
    big = json.dumps({"messageId": "b", "timestamp": "2025-01-01", "anonymousId": "d", "properties": {"filler": "x" * 20_000}})
    cluster.sql("CREATE TABLE shop.big (event_id text, properties jsonb)")
    columns = 'event_id = "messageId"\nproperties = "properties"'
    producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 5})
    holder = subprocess.Popen([options.psql, "-Xq", "-c", "BEGIN; LOCK TABLE shop.big IN EXCLUSIVE MODE; SELECT pg_sleep(60)"], env=cluster.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: cluster.sql("SELECT 1 FROM pg_locks WHERE mode = 'ExclusiveLock' AND relation = 'shop.big'::regclass AND granted"), "the lock")
    loader = Loader(topics=["big"], table="shop.big", group="big", rows=100, columns=columns)
    for _ in range(5000):
        producer.produce("big", big)
        producer.poll(0)
    producer.flush(60)
    until(lambda: cluster.sql("SELECT 1 FROM pg_locks WHERE relation = 'shop.big'::regclass AND NOT granted"), "the loader waits")
    time.sleep(2)
    memory = loader.memory()
    tap.ok(memory < 90, f"the table is locked: of 100 MB the loader holds a part; it has {memory:.0f} MB in all")
    cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'")
    holder.wait()
    until(lambda: stored_big() == 5000, "all of it")
    tap.ok(stored_big() == 5000, "then all of it comes")
    loader.stop()


def stored_big():
    return number("SELECT count(*) FROM shop.big")


def refused():
    """What is wrong with the settings is named, and ends the loader."""

    def ends(what, *words, **given):
        status, said = Loader(**given).end()
        tap.ok(status == 1 and "Traceback" not in said and all(word in said for word in words), what, f"{status} {said}")

    ends("a column that the table does not have is named", "shop.events has no column nonsense; it has event_id", columns='nonsense = "x"')
    ends("and a table that is not there", "there is no table shop.nothing", table="shop.nothing")
    ends("and a setting that there is not", "unknown settings: batch", top="batch = 1")
    ends("and one of librdkafka", "nonsense", kafka='"nonsense" = 1')
    ends("and a wrong one", "start must be earliest or latest", top='start = "now"')
    ends("and SQL that is none", "syntax error", columns='event_id = { sql = "message ->" }', topics=["big"], group="wrong")
    cluster.sql("UPDATE kafka.offsets SET next_offset = 99999999 WHERE loader = 'big'")
    ends("messages that the broker does not have", "the broker no longer has", topics=["big"], group="big", table="shop.big", columns='event_id = "messageId"')
    cluster.sql("DROP SCHEMA kafka CASCADE")
    ends("tables that were not made", "connect/kafka/tables.sql", topics=["big"], group="late", table="shop.big", columns='event_id = "messageId"')


place = pathlib.Path(tempfile.mkdtemp(prefix="journey.", dir="/tmp"))
cluster = Cluster(options.psql, ["autovacuum = off"])
broker = Broker(place, options.jars)
try:
    cluster.sql(
        """
        CREATE EXTENSION journey;
        CREATE SCHEMA shop;
        CREATE TABLE shop.events (event_id text, ts timestamptz NOT NULL, device text, event varchar(20), page_url text, amount numeric CONSTRAINT positive CHECK (amount > 0), tags text[], properties jsonb, sent_at timestamptz, place text);
        CREATE FUNCTION shop.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.event = 'raise' THEN RAISE 'not welcome'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON shop.events FOR EACH ROW EXECUTE FUNCTION shop.refuse();
        SELECT journey.create_pipeline('web', 'shop') \\g /dev/null
        SELECT count(*) FROM journey.add_source('web', 'shop.events', ts => 'ts', event_id => 'event_id', anonymous_id => 'device', event => 'event', page_url => 'page_url') \\g /dev/null
        CALL journey.refresh('web');
        """
        + (FOLDER / "tables.sql").read_text()
    )
    once(killed())
    pressure()
    refused()
finally:
    for process in [broker.process, *(loader.process for loader in Loader.all)]:
        process.kill()
    cluster.stop()
    shutil.rmtree(place)
tap.finish()
