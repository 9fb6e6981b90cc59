"""What the engine was told to do, by its own log: every call that ends a run, and when.

The engine writes a line for each call when it runs with ``--debug``. Whoever plays the chaos never kills and
never stops (it removes), so each kill and each stop in that log is the monitor's.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ARGUMENTS = ("--debug",)
"""What the engine has to be started with."""
_CALL = re.compile(
    rb'^time="(?P<time>[^"]+)" .*msg="Calling POST (?:/v[\d.]+)?/containers/(?P<id>[^/"]+)/(?P<verb>\w+)'
)
HARD = frozenset({"kill", "stop", "restart"})


@dataclass(frozen=True, slots=True)
class Told:
    """One call: when it came in, in nanoseconds, what it was, and about whom, in the caller's words."""

    nano: int
    verb: str
    id: str


class Audit:
    """Reads the log of one engine as it grows."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = 0
        self._calls: list[Told] = []

    def calls(self) -> list[Told]:
        """All calls so far that ended, stopped or restarted something."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            fresh = log.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            if (found := _CALL.match(line)) and found["verb"].decode() in HARD:
                told = Told(nanoseconds(found["time"].decode()), found["verb"].decode(), found["id"].decode())
                self._calls.append(told)
        return self._calls


def nanoseconds(text: str) -> int:
    """An engine's time, such as ``2026-01-01T00:00:00.123456789Z``, in nanoseconds."""
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
