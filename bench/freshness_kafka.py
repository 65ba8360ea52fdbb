"""How long after it was sent to Kafka an event is on a customer's page: through the broker, the loaders of connect/kafka and run().

Runs in the database that PGDATABASE names, with the shop of scripts/app, by a Python that has connect/kafka/requirements.txt.
"""

import argparse
import itertools
import json
import math
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "test/kafka")]

import psycopg  # noqa: E402
from broker import Broker  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402

COLUMNS = {
    "tracks": 'event_id = "messageId"\nanonymous_id = "anonymousId"\nuser_id = "userId"\nevent = "event"\nts = "timestamp"\nreceived_at = { sql = "sent_at" }\npage_url = "page"',
    "payments": 'order_id = "order"\nuser_id = "userId"\npaid_at = "timestamp"\namount = "amount"\nrefunded = { sql = "false" }\nitems = "items"',
}
BIKES = ["duet-7", "trio-9"]
THINGS = [*BIKES, "helmet", "lock", "lights", "bag", "bell"]


def connect():
    return psycopg.connect("", autocommit=True)


class Page(threading.Thread):
    """A customer, and somebody who looks at the profile of this customer, once a second as the app does."""

    def __init__(self, number):
        super().__init__(daemon=True)
        self.device, self.user = f"page-{number}", f"page-user-{number}"
        self.sent = {"events": [], "orders": []}
        self.seen = {"events": [], "orders": []}

    def shows(self, what, count, at):
        """The first `count` are on the page."""
        self.seen[what] += [at] * (count - len(self.seen[what]))

    def run(self):
        time.sleep(random.random())
        with connect() as db:
            while True:
                began = time.time()
                profile = db.execute("SELECT journey.profile('shop', %s)", [self.device]).fetchone()[0]
                if profile:
                    self.shows("events", profile["event_count"], time.time())
                    self.shows("orders", profile["conversions"].get("order", {}).get("count", 0), time.time())
                time.sleep(max(0, began + 1 - time.time()))


class Browser(Page):
    """The same in the app, as chromium shows it."""

    def run(self):
        command = [ROOT / "build/app/bin/python", HERE / "freshness_page.py", os.environ["PGDATABASE"], self.device]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            at, count = line.split()
            self.shows("events", int(count), float(at))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Stream:
    """What happens in the shop, sent to Kafka."""

    def __init__(self, broker, pages, rate):
        self.producer = Producer({"bootstrap.servers": broker.address, "linger.ms": 5})
        self.pages, self.rate, self.number = pages, rate, 0

    def send(self, topic, key, **message):
        now = datetime.now(timezone.utc).isoformat()
        self.producer.produce(topic, json.dumps({"timestamp": now} | message), key=key)
        self.producer.poll(0)

    def event(self, device, user):
        self.number += 1
        self.send("tracks", device, messageId=f"e{self.number}", anonymousId=device, userId=user, event="Page Viewed", page=f"https://www.tandem.example/bikes/{random.choice(BIKES)}")

    def order(self, user):
        self.number += 1
        self.send("payments", user, order=f"o{self.number}", userId=user, amount=random.randint(50, 900), items=random.sample(THINGS, random.randint(1, 3)))

    def of_page(self, page):
        page.sent["events"].append(time.time())
        self.event(page.device, page.user)

    def order_of_page(self, page):
        page.sent["orders"].append(time.time())
        self.order(page.user)

    def run(self, seconds):
        """`rate` events a second; of each page about one a second, and an order each ten."""
        began, turn = time.time(), 0
        step = max(2, self.rate // len(self.pages))
        for n in range(self.rate * seconds):
            if (early := began + n / self.rate - time.time()) > 0:
                time.sleep(max(early, 0.01))
            if n % step == 0:
                page = self.pages[turn % len(self.pages)]
                if random.random() < 0.1 and not isinstance(page, Browser):
                    self.order_of_page(page)
                else:
                    self.of_page(page)
                turn += 1
            elif n % 50 == 1:
                self.order(f"user-{random.randrange(self.rate * 25)}")
            else:
                user = random.randrange(self.rate * 25)
                self.event(f"device-{random.randrange(self.rate * 50)}" if user % 20 else f"device-of-{user}", None if user % 20 else f"user-{user}")
        self.producer.flush(30)
        return time.time() - began


def loader(broker, place, topic):
    settings = place / f"{topic}.toml"
    settings.write_text(f'topics = ["{topic}"]\ntable = "{topic}"\n[kafka]\n"bootstrap.servers" = "{broker.address}"\n"group.id" = "{topic}"\n[columns]\n{COLUMNS[topic]}\n')
    return subprocess.Popen([sys.executable, ROOT / "connect/kafka/loader.py", settings], stderr=open(place / f"{topic}.log", "w"))


def refresh(every, over):
    """As a scheduler has it: a call a minute, each refreshing for as long."""
    with connect() as db:
        while not over.is_set():
            db.execute("CALL journey.run('shop', every => %s, lasting => '60 seconds')", [every])


def said(times):
    times = sorted(times)
    return "p50 {:.2f} s, p99 {:.2f} s, longest {:.2f} s".format(*(times[math.ceil(len(times) * share) - 1] for share in (0.5, 0.99, 1))) if times else "none"


def delays(pages, what, since):
    """What was sent since a time, until it was on the page."""
    sent = [(at, seen) for page in pages for at, seen in itertools.zip_longest(page.sent[what], page.seen[what]) if at >= since]
    took = [seen - at for at, seen in sent if seen]
    return f"{said(took)}; {len(took)} {what}, {len(sent) - len(took)} not seen"


def until(true, seconds=120):
    end = time.time() + seconds
    while not true():
        if time.time() > end:
            raise SystemExit("the first events never came")
        time.sleep(0.2)


def main(options, place):
    broker = Broker(place, options.jars)
    broker.start()
    admin = AdminClient({"bootstrap.servers": broker.address})
    for made in admin.create_topics([NewTopic("tracks", 3, 1), NewTopic("payments", 1, 1)], operation_timeout=20).values():
        made.result(60)
    with connect() as db:
        db.execute((ROOT / "connect/kafka/tables.sql").read_text().replace("\\set ON_ERROR_STOP on", ""))
        db.execute("ALTER TABLE tracks ADD stored_at timestamptz; ALTER TABLE tracks ALTER stored_at SET DEFAULT clock_timestamp()")
    pages = [Page(n) for n in range(options.pages)]
    browsers = [Browser("browser")] if options.browser else []
    stream, over = Stream(broker, pages + browsers, options.rate), threading.Event()
    loaders = [loader(broker, place, topic) for topic in COLUMNS]
    threading.Thread(target=refresh, args=(options.every, over), daemon=True).start()
    try:
        # All is warm and each page open before the time is taken.
        for page in pages + browsers:
            stream.of_page(page)
            page.start()
        until(lambda: all(page.seen["events"] for page in pages + browsers))
        began = time.time()
        seconds = stream.run(options.seconds)
        time.sleep(6)
        with connect() as db:
            refreshes = db.execute(
                "SELECT extract('epoch' FROM finished_at - started_at)::float8 FROM journey.runs WHERE kind = 'refresh' AND sqlstate IS NULL AND started_at > to_timestamp(%s)", [began]
            ).fetchall()
            stored = db.execute("SELECT extract('epoch' FROM stored_at - received_at)::float8 FROM tracks WHERE received_at > to_timestamp(%s) AND stored_at IS NOT NULL", [began]).fetchall()
        print(f"{options.rate * options.seconds} events in {seconds:.0f} s, {len(pages)} pages open")
        print(f"from Kafka to the table: {said(took for (took,) in stored)}")
        print(f"{len(refreshes)} refreshes: {said(took for (took,) in refreshes)}")
        for what in ("events", "orders"):
            print(f"from Kafka to the page: {delays(pages, what, began)}")
        if browsers:
            print(f"from Kafka to the page in chromium: {delays(browsers, 'events', began)}")
    finally:
        over.set()
        for page in browsers:
            page.close()
        for process in [*loaders, broker.process]:
            process.kill()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--jars", required=True, help="the folder of the broker's jars")
    arguments.add_argument("--rate", type=int, default=100, help="events a second")
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--every", default="1 second", help="how often run() begins a refresh")
    arguments.add_argument("--pages", type=int, default=8, help="how many pages are looked at")
    arguments.add_argument("--browser", action="store_true", help="one of them in chromium")
    given = arguments.parse_args()
    if given.rate < 20 or given.seconds < 1 or not 1 <= given.pages <= given.rate // 2:
        arguments.error("--rate must be at least 20, --seconds at least 1, and --pages from 1 to half the rate")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="journey.", dir="/tmp"))
    try:
        main(given, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
