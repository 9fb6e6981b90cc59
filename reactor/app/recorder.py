"""Recording beside the monitor: facts are taken as the core takes them, and written by somebody else.

The monitor never waits for it. What it takes goes into a queue with a bound; one thread of its
own writes, and when the disk is slow, full or gone, facts are dropped, counted and said: in the
log, in the metrics, and in the recording itself. How a recording is written is in ``recording``.
"""

import logging
import time
import uuid
from collections import deque
from dataclasses import dataclass

import trio

from reactor import __version__
from reactor.app.refusals import in_words
from reactor.core.facts import Fact
from reactor.core.ports import EngineInfo
from reactor.core.state import Setup, Step
from reactor.journal.thread import OneThread
from reactor.recording.header import Header
from reactor.recording.places import Place
from reactor.recording.writing import Item, Moment, Writer

log = logging.getLogger("reactor.recording")

ROOM = 20_000
"""Facts that may wait. A hundred containers say as many in about three minutes."""
PAUSE = 1.0
"""Seconds between two writes: as much is lost when the monitor is killed."""
AT_ONCE = 4096
"""Facts that are written without waiting for the pause."""
LAST_WORDS = 2.0
"""How long a monitor that ends waits for its last facts to get to the disk."""
STALLED_AFTER = 5.0


@dataclass(frozen=True, slots=True)
class RecorderStatistics:
    """How the recording does. ``dropped`` facts are in no file."""

    facts: int
    dropped: int
    bytes: int
    healthy: bool
    path: str


class Recorder:
    """Records one session. ``acting`` tells whether decisions are carried out.

    ``inline`` writes on the loop's own thread: only for tests in virtual time.
    """

    def __init__(
        self,
        place: Place,
        engine: EngineInfo,
        *,
        acting: bool = True,
        room: int = ROOM,
        inline: bool = False,
    ) -> None:
        self._place = place
        self._about = Header(__version__, uuid.uuid4().hex, 0, 0.0, 0.0, engine, [], b"", acting)
        self._room = room
        self._waiting: deque[Item] = deque()
        self._many = trio.Event()
        self._thread = OneThread(inline=inline)
        self._writer: Writer | None = None
        self._setup: Setup | None = None
        self._overflowed = 0
        self._overflows = 0
        self._failing = False
        self.trouble = ""

    def take(self, fact: Fact, step: Step, setup: Setup) -> None:
        """Take in one fact and what it led to by this setup. Costs next to nothing, and never fails."""
        if setup is not self._setup:
            # Never dropped: what comes after it would be replayed with the wrong rules.
            self._setup = setup
            self._waiting.append((setup, ()))
        if len(self._waiting) >= self._room:
            self._overflowed += 1
            self._overflows += 1
            return
        self._waiting.append((fact, step.decisions))
        if len(self._waiting) == AT_ONCE:
            self._many.set()

    def statistics(self) -> RecorderStatistics:
        """The counters."""
        writer = self._writer
        healthy = not self._failing and self._thread.busy <= STALLED_AFTER
        if writer is None:
            return RecorderStatistics(0, self._overflows, 0, healthy, str(self._place.path))
        dropped = self._overflows + writer.failed
        return RecorderStatistics(
            writer.facts, dropped, writer.bytes, healthy, writer.path or str(self._place.path)
        )

    async def run(
        self, setup: Setup, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Write until cancelled; what waits by then is written first, for at most two seconds."""
        try:
            self._setup = setup
            self._writer = writer = Writer(self._place, self._about, setup)
            task_status.started()
            while True:
                with trio.move_on_after(PAUSE):
                    await self._many.wait()
                self._many = trio.Event()
                await self._write(writer)
        finally:
            await self._finish()

    async def _write(self, writer: Writer) -> None:
        items = list(self._waiting)
        self._waiting.clear()
        overflowed, self._overflowed = self._overflowed, 0
        if not items and not overflowed:
            return
        moment = _now()
        try:
            await self._thread.run(lambda: _written(writer, items, overflowed, moment))
        except Exception as error:  # noqa: BLE001 - A defect of the recording must never end the monitor.
            self._tell_failure(error)
        else:
            self._tell_success(writer)
        if overflowed:
            log.warning("the recording does not keep up; facts were dropped", extra={"dropped": overflowed})

    def _tell_failure(self, error: Exception) -> None:
        self.trouble = in_words(error)
        if not self._failing:
            remedy = "make room there or let this user write; else name another place with --record"
            fields = {"why": self.trouble, "recording": str(self._place.path), "remedy": remedy}
            log.error("nothing can be recorded; the monitor goes on without it", extra=fields)
        self._failing = True

    def _tell_success(self, writer: Writer) -> None:
        if self._failing:
            fields = {"dropped": self.statistics().dropped, "recording": writer.path}
            log.warning("the recording goes on", extra=fields)
        self._failing, self.trouble = False, ""

    async def _finish(self) -> None:
        """Write what is left, and close. A thread that hangs is left behind."""
        writer = self._writer
        if writer is None:
            return
        with trio.CancelScope(shield=True, deadline=trio.current_time() + LAST_WORDS):
            await self._write(writer)
            moment = _now()
            await self._thread.run(lambda: writer.close(moment))


def _written(writer: Writer, items: list[Item], overflowed: int, moment: Moment) -> None:
    writer.lose(overflowed)
    writer.write(items, moment)


def _now() -> Moment:
    return Moment(trio.current_time(), time.time())
