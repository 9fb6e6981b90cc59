"""``python -m bench.within FILE [--inline] run …``: reactor, with meters within its own process.

What cannot be seen from outside is how long the loop was held by what ran in it, and how long what the lane
has read waited for the loop. Each second one line of JSON goes to the file. ``--inline`` has the metrics
written down in the loop, and not in a thread: what a scrape would cost then. Only the meters are here.
"""

import functools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

import trio

from reactor.app.cli import main
from reactor.app.monitor import Monitor
from reactor.core.facts import Fact, Sample

EVERY = 1.0


class Holds(trio.abc.Instrument):
    """Takes the time between two moments at which the loop could have turned to whoever was ready."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._began, self._said = file, time.monotonic(), time.monotonic()
        self._longest = 0.0
        self.delays: list[float] = []

    def before_task_step(self, _task: trio.lowlevel.Task) -> None:
        """Somebody has his turn."""
        self._began = time.monotonic()

    def after_task_step(self, _task: trio.lowlevel.Task) -> None:
        """And gives it back."""
        now = time.monotonic()
        self._longest = max(self._longest, now - self._began)
        if now - self._said > EVERY:
            line = {"at": now, "hold": self._longest, "delays": [round(each, 6) for each in self.delays]}
            print(json.dumps(line), file=self._file, flush=True)
            self._said, self._longest = now, 0.0
            self.delays.clear()


def meter(file: TextIO) -> None:
    """Have every loop of this process measured."""
    holds, run, feed = Holds(file), trio.run, Monitor.feed

    def measured(*words: Any, **terms: Any) -> Any:
        return run(*words, **terms, instruments=[holds])

    def fed(monitor: Monitor, fact: Fact) -> None:
        if isinstance(fact, Sample):
            holds.delays.append(trio.current_time() - fact.at)
        feed(monitor, fact)

    vars(trio)["run"] = measured
    type.__setattr__(Monitor, "feed", fed)


def inline() -> None:
    """What is for a thread and belongs to the numbers is done in the loop."""
    in_thread = trio.to_thread.run_sync

    @functools.wraps(in_thread)
    async def run_sync(work: Callable[..., Any], *words: Any, **terms: Any) -> Any:
        of = getattr(work, "func", work)
        if getattr(of, "__module__", "").startswith("reactor.observe"):
            await trio.lowlevel.checkpoint()
            return work(*words)
        waiting: Awaitable[Any] = in_thread(work, *words, **terms)
        return await waiting

    vars(trio.to_thread)["run_sync"] = run_sync


if __name__ == "__main__":
    _, where, *words = sys.argv
    if words[0] == "--inline":
        inline()
        words = words[1:]
    sys.argv = ["reactor", *words]
    with Path(where).open("w") as lines:
        meter(lines)
        sys.exit(main())
