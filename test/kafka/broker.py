"""A broker of Kafka for a test program, made of the jars that test/kafka/pom.xml names."""

import socket
import subprocess
import time

from ports import free_port


class Broker:
    """One node of Kafka that is broker and controller, with its files in the folder `place`; its log outlives it."""

    def __init__(self, place, jars):
        self.host, self.port, controller = "127.0.0.1", free_port(), free_port()
        self.address = f"{self.host}:{self.port}"
        self.jars, self.log, self.settings = jars, place / "broker.log", place / "broker.properties"
        self.settings.write_text(f"""
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={place}/log
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
""")
        self.java("kafka.tools.StorageTool", "format", "-t", "journey-journey-journey", "-c", self.settings).wait()

    def java(self, *words):
        with open(self.log, "a") as log:
            return subprocess.Popen(["java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{self.jars}/*", *map(str, words)], stdout=log, stderr=log)

    def start(self):
        """Returns once it answers."""
        self.process = self.java("kafka.Kafka", self.settings)
        end = time.monotonic() + 240
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("the broker did not start:\n" + self.log.read_text()[-3000:])
            time.sleep(0.1)

    def answers(self):
        with socket.socket() as client:
            return client.connect_ex((self.host, self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()
