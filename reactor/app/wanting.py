"""Who is wanted to be looked at: the monitor's word to those who read, measure, and hold.

What belongs here is when that is said again; who is wanted is the core's answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import thread_time
from typing import Generic, TypeVar

import trio

from reactor.core.container import Container, Run
from reactor.core.containing import wanted_containment
from reactor.core.layers import wanted_layers
from reactor.core.state import Setup, State
from reactor.core.watched import Watched, wanted_readings
from reactor.streams.graph import Graph
from reactor.streams.scheduler import TrioScheduler

T = TypeVar("T")
Find = Callable[[Setup, State], T]
REMEMBERED = 10.0
"""Seconds after which an answer is found anew, whoever came or went."""
SHORT, RESTS = 0.0005, 10.0
"""What takes more seconds than this is not done again before so many times as long."""


class Remembered(Generic[T]):
    """An answer about all who live, that is another only when somebody comes or goes, or other rules do."""

    def __init__(self, setup: Callable[[], Setup], state: Callable[[], State], find: Find[T]) -> None:
        self._setup, self._state, self._find = setup, state, find
        self._found: tuple[Setup, int, float, T] | None = None

    def __call__(self) -> T:
        """What it is now."""
        setup, state, now = self._setup(), self._state(), trio.current_time()
        found = self._found
        if found is None or found[0] is not setup or found[1] != state.roster or now >= found[2]:
            found = self._found = setup, state.roster, now + REMEMBERED, self._find(setup, state)
        return found[3]


def hold_nobody(_wanted: Mapping[Run, Container]) -> None:
    """For a monitor that ends nobody directly."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is told whose readings are needed, of whose layer the size is, and who may be ended directly."""

    read: Callable[[frozenset[Watched]], None]
    measure: Callable[[frozenset[Run]], None]
    hold_on: Callable[[Mapping[Run, Container]], None] = hold_nobody


class Wanting:
    """Says who is wanted whenever somebody comes or goes.

    Everybody is looked through for that. Where that takes long and many come at once, as at the start, it is
    said again only after ten times as long: else ten thousand would cost ten thousand looks each.
    """

    def __init__(self, graph: Graph, scheduler: TrioScheduler, wanted: Wanted) -> None:
        self._graph = graph
        self._scheduler = scheduler
        self._wanted = wanted
        self._roster = -1
        self._is_due = False
        self._rest_until = 0.0

    def look(self, state: State) -> None:
        """Say it, now or soon, if somebody came or went."""
        if state.roster == self._roster:
            return
        now = trio.current_time()
        if now >= self._rest_until:
            self._say(state, now)
        elif not self._is_due:
            self._is_due = True
            self._scheduler.schedule_relative(self._rest_until - now, self._rested)

    def _rested(self, _scheduler: object, _state: object = None) -> None:
        self._is_due, self._rest_until = False, 0.0
        self.look(self._graph.state)

    def _say(self, state: State, now: float) -> None:
        began, self._roster, self._is_due = thread_time(), state.roster, False
        setup = self._graph.setup
        self._wanted.hold_on(wanted_containment(setup, state))
        self._wanted.read(wanted_readings(setup, state))
        self._wanted.measure(wanted_layers(setup, state))
        took = thread_time() - began
        self._rest_until = now + RESTS * took if took > SHORT else now
