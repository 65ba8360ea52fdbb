"""A cluster of its own for a test program: made by the programs of the server at hand, or of another, which have the extension installed."""

import os
import pathlib
import shutil
import subprocess
import tempfile


class Cluster:
    """A running server with `settings`, by `programs` (those of the server at hand); end it by stop()."""

    def __init__(self, psql, settings=(), programs=None):
        self.psql = str(psql)
        outside = lambda query: subprocess.run([self.psql, "-XqAt", "-c", query], capture_output=True, text=True, check=True).stdout.strip()
        self.programs = programs or pathlib.Path(outside("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))
        # The server refuses to run as root.
        self.user = os.stat(outside("SHOW data_directory")).st_uid if os.getuid() == 0 else None
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="journey.", dir="/tmp"))
        if self.user is not None:
            os.chown(self.place, self.user, -1)
        self.place.chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self.environment |= {"PGHOST": str(self.place), "PGPORT": "5432", "PGUSER": "analyst", "PGDATABASE": "postgres"}
        self.server("initdb", "-D", self.place / "data", "-U", "analyst", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(self.place / "data/postgresql.conf", "a") as conf:
            lines = ["listen_addresses = ''", f"unix_socket_directories = '{self.place}'", "port = 5432", "fsync = off", "shared_buffers = 64MB", "timezone = 'UTC'", "dynamic_shared_memory_type = mmap", *settings]
            conf.write("\n".join(lines) + "\n")
        self.start()

    def start(self):
        self.server("pg_ctl", "-D", self.place / "data", "-l", self.place / "server.log", "-w", "start")

    def shut_down(self, how="fast"):
        self.server("pg_ctl", "-D", self.place / "data", "-m", how, "-w", "stop")

    def server(self, program, *words):
        options = {} if self.user is None else {"user": self.user, "extra_groups": []}
        done = subprocess.run([self.programs / program, *words], cwd=self.place, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
        if done.returncode:
            raise SystemExit(f"{program}: {done.stderr}")

    def run(self, *command, script=None):
        """A client program; its output and its errors."""
        done = subprocess.run([str(word) for word in command], env=self.environment, input=script, capture_output=True, text=True)
        return done.stdout, [line for line in done.stderr.splitlines() if "rror" in line or "ERROR" in line or "FATAL" in line]

    def sql(self, script, database="postgres"):
        """What a script prints; an error ends the test."""
        out, errors = self.run(self.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, script=script)
        if errors:
            raise SystemExit("\n".join(errors) + f"\nin:\n{script}")
        return out.strip()

    def stop(self):
        if (self.place / "data/postmaster.pid").exists():
            self.shut_down("immediate")
        shutil.rmtree(self.place)
