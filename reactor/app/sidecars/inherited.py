"""Whom an earlier monitor paused: those of a task are held from now on, and all others let go on."""

import logging
from collections.abc import Iterable

import trio

from reactor.app.sidecars.book import Book
from reactor.app.sidecars.holding import Holding
from reactor.app.sidecars.roster import Roster
from reactor.core.container import Run
from reactor.core.container import State as ContainerState
from reactor.core.provisions import Task
from reactor.core.state import State

log = logging.getLogger("reactor.sidecars")


class Inherited:
    """Those who are in the journal as paused and have not been seen to yet."""

    def __init__(self, roster: Roster, holding: Holding, book: Book) -> None:
        self._roster = roster
        self._holding = holding
        self._book = book
        self._left: set[Run] = set()
        self._named: set[Run] = set()

    def __bool__(self) -> bool:
        return bool(self._left)

    def recall(self, paused: Iterable[Run]) -> None:
        """Take up those whom an earlier monitor paused."""
        self._left = set(paused)

    def abandon(self, nursery: trio.Nursery) -> None:
        """Let those go on who are no mains of a task any more."""
        for run in tuple(self._left):
            if not self._roster.of(run.id):
                self._left.discard(run)
                nursery.start_soon(self._holding.abandon, run, "it is no main of a task any more")

    def name(self, state: State) -> None:
        """Say who they are, where this monitor does nothing about them."""
        for run in self._left - self._named:
            entry = state.entries.get(run.id)
            if entry is not None and entry.run == run and entry.container.state is ContainerState.PAUSED:
                self._named.add(run)
                fields = {"container": entry.container.name, "id": run.id[:12]}
                words = "an earlier monitor paused a main, and a dry run does not let it go on"
                log.warning(words, extra={**fields, "remedy": f"docker unpause {run.id[:12]}"})

    def take_up(self, task: Task, now: float) -> None:
        """Those of this task are held by us from now on."""
        for run in [each for each in self._left if self._roster.of(each.id) == task.name]:
            self._left.discard(run)
            self._book.hold(task.name, run, now)
            # If it was asked for right before the end, the pause may come yet.
            self._book.doubt(run)
