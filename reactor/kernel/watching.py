"""The two tasks that make facts of what the kernel says, while a rule in force wants to know it.

What is read is in ``memory`` and ``zombies``. The nursery in which they run is somebody else's.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import thread_time

import trio

from reactor.core.beats import next_beat
from reactor.core.container import ContainerId, Run
from reactor.core.facts import Fact, HostSeen, ZombiesSeen
from reactor.core.ports import EngineInfo
from reactor.kernel.memory import PROC, read_memory, why_not_ours
from reactor.kernel.zombies import count_zombies

log = logging.getLogger("reactor.kernel")

HOST_EVERY = 1.0
"""Seconds between two looks at the host's memory."""
ZOMBIES_EVERY, ZOMBIES_SELDOM = 15.0, 30.0
"""Seconds between two looks at all processes, at least and at most; a count is evidence for 45."""
ZOMBIES_SHARE = 0.002
"""The share of a core that they may take, as far as that lets them be often enough."""

Feed = Callable[[Fact], None]


class KernelWatch:
    """Feeds what the kernel says. ``wants_host`` and ``wanted_zombies`` tell what is asked for now."""

    def __init__(
        self,
        feed: Feed,
        wants_host: Callable[[], bool],
        wanted_zombies: Callable[[], frozenset[Run]],
        proc: Path = PROC,
    ) -> None:
        self._feed = feed
        self._wants_host = wants_host
        self._wanted_zombies = wanted_zombies
        self._proc = proc
        self._unknown = "the engine has not answered yet"
        self._said: set[str] = set()
        self._in_vain = 0
        self._limiter = trio.CapacityLimiter(1)

    def connected(self, info: EngineInfo) -> None:
        """The engine said who it is: from now on the host's memory is its own, or unknown."""
        self._unknown = why_not_ours(info, self._proc)

    async def watch_host(self) -> None:
        """Tell what the host has left, once a second."""
        while True:
            if self._wants_host():
                self._look_at_host()
            await trio.sleep_until(next_beat(trio.current_time(), HOST_EVERY))

    def _look_at_host(self) -> None:
        # It takes some 30 microseconds, waits for no disk, and so needs no thread.
        at, memory = trio.current_time(), None if self._unknown else read_memory(self._proc)
        if memory is not None:
            self._feed(HostSeen(at, memory.total, memory.available))
        else:
            why = self._unknown or f"{self._proc}/meminfo cannot be read"
            self._say_once("host.memory_available is unknown, and rules that read it do nothing", why)

    async def watch_zombies(self) -> None:
        """Tell who has how many zombies, as soon as somebody wants to know, and then every 15 seconds."""
        while True:
            wanted, began = self._wanted_zombies(), trio.current_time()
            if not wanted:
                await trio.sleep_until(next_beat(began))
                continue
            used = await self._look_for_zombies(wanted, began)
            pause = min(ZOMBIES_SELDOM, max(ZOMBIES_EVERY, used / ZOMBIES_SHARE))
            await trio.sleep_until(next_beat(began + pause))

    async def _look_for_zombies(self, wanted: frozenset[Run], began: float) -> float:
        """Look once, and tell; how many seconds of a processor that took."""
        ids = frozenset(run.id for run in wanted)
        counts, used = await trio.to_thread.run_sync(
            _counted, ids, self._proc, limiter=self._limiter, abandon_on_cancel=True
        )
        found = {run: counts[run.id] for run in sorted(wanted, key=lambda each: each.id) if run.id in counts}
        self._feed(ZombiesSeen(trio.current_time(), began, found))
        # A container that has just ended has no process either: twice is no accident.
        self._in_vain = 0 if found else self._in_vain + 1
        if self._in_vain > 1:
            why = f"no process of any container is to be seen in {self._proc}"
            self._say_once("zombies are unknown, and rules that read them do nothing", why)
        return used

    def _say_once(self, what: str, why: str) -> None:
        if why not in self._said:
            self._said.add(why)
            log.warning(what, extra={"why": why})


def _counted(wanted: frozenset[ContainerId], proc: Path) -> tuple[Mapping[ContainerId, int], float]:
    began = thread_time()
    counts = count_zombies(wanted, proc)
    return counts, thread_time() - began
