"""What the test programs of pipelines share: sessions that stay, and the source of functions."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Session:
    """A psql that stays; what it prints comes back, errors as lines, too."""

    def __init__(self, psql, database):
        self.process = subprocess.Popen([psql, "-X", "-q", "-A", "-t", "-d", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.run("SET client_min_messages = error; SET timezone = 'UTC'; SET statement_timeout = '120s';\n\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never")

    def begin(self, script):
        """Runs a script and waits for nothing."""
        self.process.stdin.write(script + "\n")
        self.process.stdin.flush()

    def run(self, script):
        self.begin(script + "\n\\echo :done:")
        lines = []
        for line in self.process.stdout:
            if line == ":done:\n":
                return "".join(lines).strip()
            lines.append(line)
        raise ConnectionError("psql ended: " + "".join(lines))

    def close(self):
        self.process.kill()
        self.process.communicate()


def source_of(function):
    """A function of the room, as a statement that puts it in its own place."""
    for path in sorted((ROOT / "src/pipelines").glob("*.sql")):
        found = re.search(rf"^CREATE FUNCTION journey\.{function}\(.*?(?=^COMMENT ON)", path.read_text(), re.M | re.S)
        if found:
            return found[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
    raise SystemExit(f"no function {function}")
