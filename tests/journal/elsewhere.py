"""A journal in a process of its own, for what cannot be done to the process that runs the tests.

``confirm PATH``: intends without end and prints each decision's id once it is said to be on the disk.
``full PATH``: lets no file grow any more, goes on, then takes the limit away; prints what it saw.
``held PATH``: becomes nobody, and prints by what it is held.
``denied PATH``: becomes nobody, who may not write there; prints what it saw.
"""

import json
import os
import resource
import sys
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.journal.journal import PATIENCE, Journal

from .build import decide, end, running

NOBODY = 65534
CLOCK = MockClock(rate=1.0)
"""The usual one, but for what is timed: that goes by a slow one, as a busy machine may keep us waiting."""
SLOW = 0.1


async def confirm(path: Path) -> None:
    """Until we are killed."""
    async with running(path) as journal:
        n = 0
        while True:
            decision = decide(n)
            if await journal.intend(decision, trio.current_time()):
                os.write(1, f"{decision.id}\n".encode())
            end(journal, n)
            n += 1


async def full(path: Path) -> None:
    """The disk fills up, and later there is room again."""
    async with running(path, capacity=2000, patience=PATIENCE) as journal:
        await journal.intend(decide(0), 0.0)
        await journal.wait_written()
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        for n in range(5000):
            end(journal, n)
        said = await timed(journal, 1)
        stuck = journal.statistics()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with trio.fail_after(20):
            await journal.wait_written()
        now = journal.statistics()
    tell(said=said, stuck=[stuck.healthy, stuck.dropped > 0, stuck.queued], healthy=now.healthy)


async def held(path: Path) -> None:
    """A file of somebody else's, which may be read and not written."""
    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    async with running(path) as journal:
        hold = journal.orders().hold
        tell(hold=hold.id if hold is not None else "", healthy=journal.statistics().healthy)


async def denied(path: Path) -> None:
    """A folder in which nothing may be written."""
    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    async with running(path, patience=PATIENCE) as journal:
        tell(said=await timed(journal, 1), healthy=journal.statistics().healthy)


async def timed(journal: Journal, n: int) -> list[object]:
    """What intend said, and whether that took longer than it may."""
    CLOCK.rate, began = SLOW, trio.current_time()
    said = await journal.intend(decide(n), began)
    took, CLOCK.rate = trio.current_time() - began, 1.0
    return [said, took < 0.4]


def tell(**seen: object) -> None:
    os.write(1, json.dumps(seen).encode())


if __name__ == "__main__":
    trio.run(
        {"confirm": confirm, "full": full, "denied": denied, "held": held}[sys.argv[1]],
        Path(sys.argv[2]),
        clock=CLOCK,
    )
