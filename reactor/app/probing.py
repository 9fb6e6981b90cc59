"""When the probe is made: once at a monitor's start, beside everything else, and when the doctor asks.

How things are tried is in ``reactor.cgroups.probing``. Here is that only one is made on a host at a time,
and who is told what it found.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import trio

from reactor.cgroups.abilities import Abilities
from reactor.cgroups.mounts import Trees
from reactor.cgroups.probing import probe

log = logging.getLogger("reactor.app")

WAIT = 2.0
"""Seconds that one probe waits for another; it takes about one."""
_POLL = 0.05


class ProbeOnce:
    """Tries everything once, in a thread of its own, while the monitor is at work already."""

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._limiter = trio.CapacityLimiter(1)
        self.found: Abilities | None = None

    async def run(self) -> None:
        """Probe, and say what came of it."""
        # A stop in the first second waits for it, so that nothing of it stays behind.
        self.found = found = await trio.to_thread.run_sync(probe_alone, self._trees, limiter=self._limiter)
        log.info("what the kernel lets us do", extra=fields_of(found))


def fields_of(found: Abilities) -> dict[str, str]:
    """The abilities as fields of one line of the log."""
    lines = found.lines()
    return {
        "mode": found.mode.value,
        "cgroups": found.layout.value,
        "works": ", ".join(name for name, each in lines if each.works) or "nothing",
        "does_not": ", ".join(name for name, each in lines if not each.works) or "nothing",
    }


def probe_alone(trees: Trees) -> Abilities:
    """The probe, while nobody else on this host makes one. It blocks, and is for a thread."""
    with _alone(trees):
        return probe(trees)


@contextmanager
def _alone(trees: Trees) -> Iterator[None]:
    """A lock on the directory of a tree: all of one host share it, in whatever namespaces they are.

    Whoever does not get it in time goes on: two probes are in each other's way, and no more than that.
    """
    point = next((mount.point for mount in trees.by_controller.values()), "")
    try:
        directory = os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            _wait_for(directory)
        yield
    finally:
        os.close(directory)


def _wait_for(directory: int) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_POLL)
        else:
            return
