"""Who is to be looked at again: what changed, and what has everybody looked at."""

import trio

from reactor.app.sidecars.roster import Roster, has_made
from reactor.core.container import ContainerId
from reactor.core.facts import (
    Acted,
    Exited,
    Fact,
    Held,
    Reloaded,
    Resumed,
    Seen,
    Snapshot,
    Subscription,
    Vanished,
)
from reactor.core.recipes import TEMPLATE_LABEL
from reactor.core.state import State

TOGETHER = 0.01
"""Seconds in which what changes is looked at together."""
_LOUD = frozenset({Reloaded, Subscription, Held, Resumed})
"""After these all are planned for again."""
_One = Seen | Vanished | Exited | Acted


class Attention:
    """Collects who is to be looked at, and wakes whoever waits for that."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._changed: set[ContainerId] = set()
        self._news = True
        self._everybody = True
        self._active = True
        self._again: set[str] = set()
        self._wake = trio.Event()

    @property
    def waiting(self) -> int:
        """How many containers wait to be looked at."""
        return len(self._changed)

    def notice(self, fact: Fact | None) -> bool:
        """Notice who is to be looked at; whether it is one container that is followed here."""
        if type(fact) is Snapshot:
            # Where nothing is provided, whoever was made here is met by a look, too.
            if self._active:
                self._news = True
                self._wake.set()
        elif type(fact) in _LOUD:
            self.all()
        elif isinstance(fact, _One):
            return self._one(fact)
        return False

    def all(self) -> None:
        """Everybody is to be looked at."""
        self._everybody = True
        self._wake.set()

    def again(self, task: str) -> None:
        """This task is to be planned for again."""
        self._again.add(task)
        self._wake.set()

    async def wait(self, until: float) -> None:
        """Wait until there is somebody, or until a moment; what comes together is looked at together."""
        with trio.move_on_at(until):
            await self._wake.wait()
        self._wake = trio.Event()
        await trio.sleep(TOGETHER)

    def take(self, state: State, *, provided: bool) -> set[str]:
        """The tasks to plan for; where nothing is ``provided``, they are those of who was made here."""
        changed, self._changed = self._changed, set()
        again, self._again = self._again, set()
        if not (self._everybody or self._news):
            return self._roster.take(state, changed) | again
        self._active = provided or has_made(state)
        if not self._active:
            self._roster.clear()
            self._everybody = self._news = False
            return again
        touched = self._roster.take_news(state) | self._roster.take(state, changed) | again
        if self._everybody:
            touched |= set(self._roster.tasks())
        self._everybody = self._news = False
        return touched

    def _one(self, fact: _One) -> bool:
        is_made = isinstance(fact, Seen) and TEMPLATE_LABEL in fact.container.labels
        if not (self._active or is_made):
            return False
        self._changed.add(_about(fact))
        # With what was made belong mains of which nothing was kept.
        self._everybody = self._everybody or not self._active
        self._wake.set()
        return True


def _about(fact: _One) -> ContainerId:
    match fact:
        case Seen():
            return fact.container.id
        case Vanished():
            return fact.id
        case Exited():
            return fact.run.id
        case Acted():
            return fact.outcome.decision.run.id
