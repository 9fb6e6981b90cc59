"""The Rx graph of the sure lane: observables of the engine in, steps of the core out.

The graph is synchronous. It never waits and holds nothing back: whoever feeds a fact gets
control again when everything that follows from it has been handed on. No operator in it
keeps a group or a buffer per container; what is remembered is remembered by ``step``.
"""

from collections import OrderedDict
from collections.abc import Callable
from time import perf_counter

import reactivex as rx
from reactivex import Observable, Subject
from reactivex import operators as ops
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import SerialDisposable
from reactivex.scheduler import ImmediateScheduler

from reactor.core.beats import next_beat
from reactor.core.facts import Acted, Fact, Happened, Reloaded, Sample, Tick
from reactor.core.state import Setup, State, Step
from reactor.core.step import step

MOST_REMEMBERED = 4096
"""Events whose repeats are recognised: more than an engine replays, and than an overlap holds."""


class Repeats:
    """Knows which events were heard before: an overlap of subscriptions says them twice."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._heard: OrderedDict[tuple[str, str, int], None] = OrderedDict()
        self._most = most
        self.dropped = 0

    def is_new(self, event: Happened) -> bool:
        """Whether this event was not heard before, and remembers it."""
        key = (event.what, event.id, event.time_nano)
        if key in self._heard:
            self.dropped += 1
            return False
        self._heard[key] = None
        if len(self._heard) > self._most:
            self._heard.popitem(last=False)
        return True


class Graph:
    """Facts go in by ``feed``, steps come out to whoever subscribed.

    ``fact`` is what led to the last one, and ``took`` how many seconds it took to judge it.
    """

    def __init__(
        self,
        setup: Setup,
        scheduler: SchedulerBase,
        *,
        now: Callable[[], float],
        tick: float = 1.0,
        state: State | None = None,
    ) -> None:
        self._events: Subject[Fact] = Subject()
        self._samples: Subject[Fact] = Subject()
        self._outcomes: Subject[Fact] = Subject()
        self._sightings: Subject[Fact] = Subject()
        self.repeats = Repeats()
        self.state = state or State()
        self.fact: Fact | None = None
        self.took = 0.0
        self._feeding = False
        self._setup = setup
        self._now = now
        self._stopped: Subject[None] = Subject()
        ticks: Observable[Fact] = _beats(tick, now, scheduler).pipe(
            ops.take_until(self._stopped), ops.map(lambda _: Tick(now()))
        )
        fresh: Observable[Fact] = self._events.pipe(ops.filter(self._is_new))

        def advance(last: Step, fact: Fact) -> Step:
            began, self.fact = perf_counter(), fact
            result = step(self._setup, last.state, fact)
            self.took = perf_counter() - began
            return result

        facts: Observable[Fact] = rx.merge(fresh, self._sightings, self._samples, self._outcomes, ticks)
        self.steps: Observable[Step] = facts.pipe(
            ops.scan(advance, Step(self.state)), ops.do_action(self._keep)
        )

    def _is_new(self, fact: Fact) -> bool:
        return not isinstance(fact, Happened) or self.repeats.is_new(fact)

    def _keep(self, result: Step) -> None:
        self.state = result.state

    def subscribe(self, on_step: Callable[[Step], None]) -> DisposableBase:
        """Hand every step to ``on_step``; the clock of the graph starts with this call.

        What has to do with time was given our scheduler above. The merge would put off its
        subscriptions by it, and a fact that is fed at once would be lost: so it subscribes now.
        """
        return self.steps.subscribe(on_next=on_step, scheduler=ImmediateScheduler.singleton())

    def stop_clock(self) -> None:
        """No more ticks: when nothing is seen any more, nothing comes due."""
        self._stopped.on_next(None)

    @property
    def setup(self) -> Setup:
        """The setup in force."""
        return self._setup

    def reload(self, setup: Setup) -> None:
        """Put another setup in force; what has not changed in it goes on as it was."""
        if self._feeding:
            raise RuntimeError("a setup was changed from inside the graph, in the middle of a step")
        self._setup = setup
        self.feed(Reloaded(self._now()))

    def feed(self, fact: Fact) -> None:
        """Put in one fact; returns when all that follows from it was handed on."""
        if self._feeding:
            raise RuntimeError("a fact was fed from inside the graph: outcomes come from the workers, later")
        self._feeding = True
        try:
            self._subject(fact).on_next(fact)
        finally:
            self._feeding = False

    def _subject(self, fact: Fact) -> "Subject[Fact]":
        match fact:
            case Happened():
                return self._events
            case Sample():
                return self._samples
            case Acted():
                return self._outcomes
            case _:
                return self._sightings


def _beats(every: float, now: Callable[[], float], scheduler: SchedulerBase) -> Observable[None]:
    """Something at each beat, when others are awake as well."""

    def subscribe(observer: ObserverBase[None], _: SchedulerBase | None = None) -> DisposableBase:
        turn = SerialDisposable()

        def wait() -> None:
            turn.disposable = scheduler.schedule_relative(next_beat(now(), every) - now(), strike)

        def strike(_scheduler: SchedulerBase, _state: object = None) -> None:
            observer.on_next(None)
            wait()

        wait()
        return turn

    return rx.create(subscribe)
