"""Decisions that wait to be carried out, each once: keyed by run, line and whether it runs dry.

Only the waiting line belongs here. It cannot grow beyond the number of runs there are, and
putting into it never waits. A key is taken until its decision has come to a final outcome.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

import trio

from reactor.core.container import Run
from reactor.core.decisions import Decision, Result, Why
from reactor.core.verbs import Action


class Line(Enum):
    """The waiting lines: what is slow, or leaves its run alive, never stands before a kill."""

    KILL = auto()
    STOP = auto()
    OTHER = auto()


def line_of(decision: Decision) -> Line:
    """Where a decision waits."""
    if not decision.ends:
        return Line.OTHER
    return Line.KILL if decision.pace is Action.KILL else Line.STOP


@dataclass(frozen=True, slots=True)
class OutboxStatistics:
    """How acting goes. ``quarantined`` and ``waiting`` (for an engine that does not answer) are part of
    neither ``queued`` nor ``in_flight``. ``beside`` of these last were begun although all slots were taken,
    because nobody came back; ``overdue`` have lost their slot; ``at_bound`` is how often that had to come to
    an end, and somebody waited. ``repeats`` were decided a second time while the first was under way, and
    not done twice. ``contained`` counts direct steps by how, and what came of them."""

    queued: int
    in_flight: int
    beside: int
    overdue: int
    at_bound: int
    quarantined: int
    waiting: int
    repeats: int
    retries: int
    came_back: int
    outcomes: Mapping[tuple[Result, Why], int]
    contained: Mapping[tuple[str, str], int]


class Outbox:
    """One line for each action, in the order of arrival."""

    def __init__(self) -> None:
        # What is only said must not stand in the way of what is done, nor the other way about.
        self._open: dict[Key, Decision] = {}
        self._lines = {line: trio.open_memory_channel[Decision](math.inf) for line in Line}
        self.repeats = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def queued(self) -> int:
        """How many have not been taken yet."""
        return sum(line.statistics().current_buffer_used for _, line in self._lines.values())

    def put(self, decision: Decision) -> bool:
        """Add a decision; False, and nothing is added, if there is one for the same run and line."""
        key = _key(decision)
        if self._open.setdefault(key, decision) is not decision:
            self.repeats += 1
            return False
        self._lines[line_of(decision)][0].send_nowait(decision)
        return True

    async def take(self, line: Line) -> Decision:
        """The next decision in a line."""
        return await self._lines[line][1].receive()

    def finish(self, decision: Decision) -> None:
        """It has come to its end; the same may be decided anew."""
        del self._open[_key(decision)]


Key = tuple[Run, Line, str, bool]


def _key(decision: Decision) -> Key:
    """A run ends once, by whichever rule; what leaves it alive is done once for each rule."""
    line = line_of(decision)
    return decision.run, line, decision.rule if line is Line.OTHER else "", decision.dry_run
