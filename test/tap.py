"""What the test programs share: results as TAP."""

import sys


class Tap:
    def __init__(self):
        self.number = self.failures = 0

    def ok(self, good, what, why=""):
        """One result, handed back; `why` is shown if it is bad."""
        self.number += 1
        self.failures += not good
        print(f"{'ok' if good else 'not ok'} {self.number} - {what}", flush=True)
        if not good:
            print("\n".join("# " + line for line in str(why).splitlines()), flush=True)
        return good

    def skip(self, what, why):
        self.number += 1
        print(f"ok {self.number} - {what} # SKIP {why}", flush=True)

    def none(self, found, what):
        """`found` lists what should not be there."""
        self.ok(not found, what, "\n".join(map(str, found)))

    def finish(self):
        """The plan, and the program's exit status."""
        print(f"1..{self.number}")
        sys.exit(self.failures > 0)
