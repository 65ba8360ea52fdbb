#!/usr/bin/env python3
"""Stores the messages of Kafka topics in a table of PostgreSQL, each exactly once.

    loader.py loader.toml            until it is stopped
    loader.py loader.toml --again    the poison messages once more, after what was wrong is mended
"""

import argparse
import logging
import signal
import threading
import time
import tomllib
from typing import NamedTuple

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from psycopg import sql

LONGEST_WAIT = 30  # seconds between two tries
DEFAULTS = {"database": "", "batch_rows": 5000, "batch_milliseconds": 200, "start": "earliest"}
REQUIRED = {"topics", "table", "kafka", "columns"}

log = logging.getLogger("kafka")
stopping = threading.Event()


class Message(NamedTuple):
    topic: str
    partition: int
    position: int
    sent_at: float  # seconds since 1970
    key: bytes | None
    value: bytes | None


class Overtaken(Exception):
    """Another loader has stored these messages."""


def settings(path):
    with open(path, "rb") as file:
        given = tomllib.load(file)
    if missing := REQUIRED - given.keys():
        raise SystemExit(f"error: {path} says no {', '.join(sorted(missing))}")
    if unknown := given.keys() - DEFAULTS.keys() - REQUIRED:
        raise SystemExit(f"error: {path} has unknown settings: {', '.join(sorted(unknown))}")
    if missing := {"bootstrap.servers", "group.id"} - given["kafka"].keys():
        raise SystemExit(f"error: [kafka] in {path} says no {', '.join(sorted(missing))}")
    given = DEFAULTS | given
    if given["start"] not in ("earliest", "latest"):
        raise SystemExit(f"error: start must be earliest or latest, not {given['start']!r}")
    if not (1 <= given["batch_rows"] <= 1_000_000 and 1 <= given["batch_milliseconds"] <= 60_000):
        raise SystemExit("error: batch_rows must be from 1 to 1,000,000 and batch_milliseconds from 1 to 60,000")
    return given


def expression(where, kind, category):
    """The SQL of a column's value: the server itself reads the JSON, so that nothing is lost between two ideas of a number."""
    if isinstance(where, dict):
        return sql.SQL(where["sql"].replace("%", "%%"))
    if kind in ("json", "jsonb"):
        value = "nullif(message #> {0}, 'null')::{1}"
    elif category == "A":
        value = "CASE WHEN nullif(message #> {0}, 'null') IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(message #> {0})) END::{1}"
    else:
        value = "(message #>> {0})::{1}"
    return sql.SQL(value).format(sql.Literal(where.split(".")), sql.SQL(kind))


def insert_statement(db, table, columns):
    """The statement that stores messages; an error that names the table or column that is not there."""
    if not columns:
        raise SystemExit("error: [columns] names no column")
    known = {
        name: kind
        for name, *kind in db.execute(
            "SELECT a.attname, format_type(a.atttypid, NULL), t.typcategory FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped",
            [table],
        )
    }
    if not known:
        raise SystemExit(f"error: there is no table {table} in the database {db.info.dbname}, or nothing in it")
    if missing := [name for name in columns if name not in known]:
        raise SystemExit(f"error: {table} has no column {', '.join(missing)}; it has {', '.join(known)}")
    # OFFSET 0: the JSON is read once, not for each column.
    return sql.SQL("""
        INSERT INTO {} ({})
        SELECT {} FROM (
          SELECT m.topic, m.partition, m.position, to_timestamp(m.sent_at) AS sent_at, convert_from(m.key, 'UTF8') AS key, convert_from(m.value, 'UTF8')::jsonb AS message
          FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::float8[], %s::bytea[], %b::bytea[]) AS m (topic, partition, position, sent_at, key, value) OFFSET 0) AS m""").format(
        sql.SQL(table), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(expression(where, *known[name]) for name, where in columns.items())
    )


class Store:
    """The database's side: rows, poison and offsets, in one transaction."""

    def __init__(self, db, config):
        self.db = db
        self.loader = config["kafka"]["group.id"]
        self.insert = insert_statement(db, config["table"], config["columns"])

    def next_offset(self, topic, partition, if_new):
        """Where to go on in a partition; for a new one if_new() says where to begin."""
        place = [self.loader, topic, partition]
        find = "SELECT next_offset FROM kafka.offsets WHERE (loader, topic, partition) = (%s, %s, %s)"
        if not (found := self.db.execute(find, place).fetchone()):
            self.db.execute("INSERT INTO kafka.offsets VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", [*place, if_new()])
            found = self.db.execute(find, place).fetchone()
        return found[0]

    def load(self, messages, before, after):
        """Messages, and their partitions moved on from offsets to offsets; what of them is poison."""
        with self.db.transaction():
            moved = self.db.execute(
                """
                UPDATE kafka.offsets AS o SET next_offset = n.after, moved_at = now() FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[]) AS n (topic, partition, before, after)
                WHERE (o.loader, o.topic, o.partition, o.next_offset) = (%s, n.topic, n.partition, n.before)""",
                [[topic for topic, _ in after], [partition for _, partition in after], [before[place] for place in after], list(after.values()), self.loader],
            ).rowcount
            if moved != len(after):
                raise Overtaken
            return self.store(messages)

    def again(self):
        """Tries the poison once more; how many there were and how many are left."""
        with self.db.transaction():
            found = self.db.execute(
                'DELETE FROM kafka.poison WHERE loader = %s RETURNING topic, partition, "offset", extract(epoch FROM sent_at)::float8, key, value', [self.loader]
            ).fetchall()
            return len(found), len(self.store([Message(*row) for row in found]))

    def store(self, messages):
        """Makes rows of messages; the poison among them, with its reasons, is kept."""
        self.db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        objects, poison = [], []
        for message in messages:
            if (message.value or b"").lstrip().startswith(b"{"):
                objects.append(message)
            else:
                poison.append((message, "no JSON object"))
        poison += self.insert_objects(objects)
        with self.db.cursor() as cursor:
            cursor.executemany(
                'INSERT INTO kafka.poison (loader, topic, partition, "offset", sent_at, key, value, reason) VALUES (%s, %s, %s, %s, to_timestamp(%s), %s, %s, %s)',
                [(self.loader, *message, reason) for message, reason in poison],
            )
        return poison

    def insert_objects(self, messages):
        """Inserts messages but for the poison. The server says that one of them is bad, not which: that is found by halves."""
        if not messages:
            return []
        try:
            with self.db.transaction():
                self.db.execute(self.insert, [list(values) for values in zip(*messages)])
            return []
        except psycopg.Error as error:
            # Of the values, of the constraints, of a trigger, of what an index can hold.
            if (error.sqlstate or "")[:2] not in ("22", "23", "P0", "54"):
                raise
            if len(messages) == 1:
                return [(messages[0], error.diag.message_primary)]
        half = len(messages) // 2
        return self.insert_objects(messages[:half]) + self.insert_objects(messages[half:])


class Loader:
    """Reads from the broker and stores: what it holds is one batch, and what librdkafka reads ahead."""

    def __init__(self, config):
        self.config = config
        self.next = {}  # (topic, partition) -> the first offset that is not stored
        self.owned = []
        self.placed = False
        self.told_at = -LONGEST_WAIT
        self.consumer = Consumer(
            {"queued.max.messages.kbytes": 16384, "log_level": 2, **config["kafka"]}
            | {"enable.auto.commit": False, "enable.auto.offset.store": False, "auto.offset.reset": "error", "partition.assignment.strategy": "range", "error_cb": self.told}
        )
        self.consumer.subscribe(config["topics"], on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.revoked)

    def told(self, error):
        """What librdkafka says while it tries again by itself, which it does many times a second at first."""
        if time.monotonic() > self.told_at + 5:
            self.told_at = time.monotonic()
            log.warning("broker: %s; trying again", error.str())

    # The place in a partition is a matter of the database, which may be away: that is no matter for a callback.
    def assigned(self, consumer, partitions):
        self.owned, self.placed = partitions, False
        consumer.assign([])

    def revoked(self, consumer, partitions):
        self.owned, self.placed = [], False
        consumer.unassign()

    def place(self, store):
        """Goes on where the database says."""
        self.next = {(p.topic, p.partition): store.next_offset(p.topic, p.partition, lambda p=p: self.beginning(p)) for p in self.owned}
        if self.owned:
            self.consumer.assign([TopicPartition(*place, offset) for place, offset in self.next.items()])
        self.placed = True
        for place, offset in self.next.items():
            log.info("%s [%s] from %s", *place, offset)

    def beginning(self, partition):
        low, high = self.consumer.get_watermark_offsets(partition, timeout=10)
        return low if self.config["start"] == "earliest" else high

    def step(self, store):
        """One batch."""
        if not self.placed:
            self.place(store)
        messages, after = [], {}
        for m in self.consumer.consume(self.config["batch_rows"], self.config["batch_milliseconds"] / 1000):
            if m.error():
                self.judge(m)
            elif (place := (m.topic(), m.partition())) in self.next and m.offset() >= self.next[place]:
                messages.append(Message(*place, m.offset(), m.timestamp()[1] / 1000, m.key(), m.value()))
                after[place] = m.offset() + 1
        if not messages:
            return False
        try:
            poison = store.load(messages, self.next, after)
        except Overtaken:
            log.warning("another loader of the group has stored these messages; going on after them")
            self.placed = False
            return False
        self.next |= after
        if poison:
            message, reason = poison[0]
            log.warning("poison: %s messages, see kafka.poison; %s [%s] at %s: %s", len(poison), *message[:3], reason)
        # For the broker's own tools, which show how far behind a group is.
        self.consumer.commit(offsets=[TopicPartition(*place, offset) for place, offset in after.items()], asynchronous=True)
        return True

    def judge(self, message):
        error = message.error()
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            raise SystemExit(
                f"error: the broker no longer has, or never had, what comes next: {error.str()}. Messages are lost if kafka.offsets is set to an offset that it has, and only you can say so"
            )
        if error.fatal():
            raise SystemExit(f"error: {error.str()}")
        self.told(error)

    def run(self):
        tries = 0
        while not stopping.is_set():
            try:
                with psycopg.connect(self.config["database"], autocommit=True, application_name="journey kafka", connect_timeout=10) as db:
                    store = Store(db, self.config)
                    log.info("the database answers")
                    self.placed = False
                    while not stopping.is_set():
                        if self.step(store):
                            tries = 0
                break
            except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction, KafkaException) as error:
                whose = "broker" if isinstance(error, KafkaException) else "database"
                wait = min(2**tries, LONGEST_WAIT)
                log.warning("%s: %s; trying again in %s s", whose, " ".join(str(error).split()), wait)
                tries = min(tries + 1, 10)
                stopping.wait(wait)
        self.consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("settings")
    parser.add_argument("--again", action="store_true", help="try the poison messages once more")
    options = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    config = settings(options.settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        if options.again:
            with psycopg.connect(config["database"], autocommit=True) as db:
                found, left = Store(db, config).again()
            print(f"{found} poison messages, {left} are left")
        else:
            Loader(config).run()
    except psycopg.errors.UndefinedTable as error:
        raise SystemExit(f"error: {error.diag.message_primary}; connect/kafka/tables.sql makes the tables of schema kafka") from None
    except (psycopg.Error, KafkaException) as error:
        raise SystemExit(f"error: {' '.join(str(error).split())}") from None


if __name__ == "__main__":
    main()
