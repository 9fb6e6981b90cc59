"""How a journal is begun: its file opened, what is left on the slip entered, what is in it told.

Only the order of these belongs here, and what becomes of them where the file cannot be had; when that is
tried again is up to ``writer``. The work on the file is done in the writer's thread.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reactor.core.decisions import Decision
from reactor.journal.backlog import Backlog
from reactor.journal.errors import JournalError
from reactor.journal.intents import read
from reactor.journal.memory import CAPACITY, Recollection
from reactor.journal.rows import Moment, Row
from reactor.journal.shouting import Shouter
from reactor.journal.slips import Slip
from reactor.journal.store import Store
from reactor.journal.thread import OneThread

log = logging.getLogger("reactor.journal")


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what is found. ``moment`` tells the time there.

    ``recall`` is told once what an earlier monitor left in the file, ``left`` what it left on the slip where
    that cannot be entered, ``begun_anew`` of a file that was empty.
    """

    moment: Callable[[], Moment]
    recall: Callable[[Recollection], None]
    left: Callable[[tuple[Decision, ...]], None]
    begun_anew: Callable[[], None]


class Opening:
    """Opens one journal, again whenever it had to be given up; ``opened`` is told of each file that was."""

    def __init__(
        self,
        store: Store,
        slip: Slip,
        backlog: Backlog,
        shouter: Shouter,
        thread: OneThread,
        listener: Listener,
        opened: Callable[[], None],
    ) -> None:
        self._store = store
        self._slip = slip
        self._backlog = backlog
        self._shouter = shouter
        self._thread = thread
        self._listener = listener
        self._opened = opened
        self._recalled = False
        self._slip_said = False

    async def open(self) -> None:
        """Open it, enter what an earlier monitor left to be written, and tell once what is in it."""
        opened = await self._thread.run(self._store.open)
        # It may be another file than the one that they were written to.
        self._opened()
        if opened.moved_to is not None:
            self._tell_moved(opened.moved_to)
        await self._enter(self._slip.open())
        self._say_slip()
        if not self._recalled:
            now = self._listener.moment()
            self._listener.recall(await self._thread.run(lambda: self._store.recall(now, CAPACITY)))
            self._recalled = True
        if opened.anew:
            self._listener.begun_anew()

    async def peek(self) -> None:
        """What was ordered before holds also on a disk that takes nothing more, if it can be read."""
        self.take_left()
        now = self._listener.moment()
        with suppress(JournalError):
            self._listener.recall(await self._thread.run(lambda: self._store.peek(now, CAPACITY)))
            self._recalled = True

    def take_left(self) -> None:
        """The file cannot be had for now: what was left on the slip is known all the same."""
        self._put_left(self._slip.open())

    async def _enter(self, left: Sequence[Row]) -> None:
        """Write what an earlier monitor left on the slip, before anything is read."""
        if not left:
            return
        try:
            await self._thread.run(lambda: self._store.write(left))
        except BaseException:
            self._put_left(left)
            raise
        self._slip.settle(left)

    def _put_left(self, left: Sequence[Row]) -> None:
        """What could not be entered is written like our own; that it is open is known at once."""
        now = self._listener.moment()
        for row in left:
            self._backlog.put_intent(row)
        if left:
            self._listener.left(tuple(each for row in left if (each := read(row.values, now)) is not None))

    def _say_slip(self) -> None:
        """Once: what a direct end waits for depends on it."""
        if self._slip_said:
            return
        self._slip_said = True
        if self._slip.place is not None:
            log.info(
                "intents of direct ends go onto a slip in memory first", extra={"slip": self._slip.place}
            )
        else:
            log.info("direct ends wait for the journal: there is no slip", extra={"why": self._slip.why_not})

    def _tell_moved(self, target: Path) -> None:
        self._shouter.shout(
            "the journal is damaged; it was moved aside and a new one begun",
            logging.CRITICAL,
            moved_to=str(target),
        )
