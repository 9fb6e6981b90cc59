"""Decisions that wait to be carried out, each once: keyed by run, action and whether it runs dry.

Only the waiting line belongs here. It cannot grow beyond the number of runs there are, and
putting into it never waits. A key is taken until its decision has come to a final outcome.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import trio

from reactor.core.container import Run
from reactor.core.decisions import Action, Decision, Result, Why

LINES = (Action.KILL, Action.STOP)
"""The actions that can be carried out: each has a line of its own."""


@dataclass(frozen=True, slots=True)
class OutboxStatistics:
    """How acting goes. ``quarantined`` and ``waiting`` (for an engine that does not answer) are part of
    neither ``queued`` nor ``in_flight``; ``overdue`` of these last have lost their slot. ``repeats`` were
    decided a second time while the first was under way, and not done twice."""

    queued: int
    in_flight: int
    overdue: int
    quarantined: int
    waiting: int
    repeats: int
    retries: int
    came_back: int
    outcomes: Mapping[tuple[Result, Why], int]


class Outbox:
    """One line for each action, in the order of arrival."""

    def __init__(self) -> None:
        # What is only said must not stand in the way of what is done, nor the other way about.
        self._open: dict[tuple[Run, Action, bool], Decision] = {}
        self._lines = {action: trio.open_memory_channel[Decision](math.inf) for action in LINES}
        self.repeats = 0

    def __len__(self) -> int:
        return len(self._open)

    @property
    def queued(self) -> int:
        """How many have not been taken yet."""
        return sum(line.statistics().current_buffer_used for _, line in self._lines.values())

    def put(self, decision: Decision) -> bool:
        """Add a decision; False, and nothing is added, if there is one for the same run and action."""
        key = (decision.run, decision.action, decision.dry_run)
        if self._open.setdefault(key, decision) is not decision:
            self.repeats += 1
            return False
        self._lines[decision.action][0].send_nowait(decision)
        return True

    async def take(self, action: Action) -> Decision:
        """The next decision for an action."""
        return await self._lines[action][1].receive()

    def finish(self, decision: Decision) -> None:
        """It has come to its end; the same run and action may be decided anew."""
        del self._open[decision.run, decision.action, decision.dry_run]
