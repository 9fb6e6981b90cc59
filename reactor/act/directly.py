"""The direct end of a run: the first step of a kill that was admitted, where its rule asks for it.

What belongs here is when that step is taken, that it is taken once, and that nothing stays frozen after it.
It waits for the intent to outlive us, and for nothing else: no slot, no look, no other kill, no turn of the
loop. Where a journal can say so at once, it is taken from within the step of the core that decided. The step
itself is behind the port ``Containment``; what the engine is asked then, as always, is in ``trying``.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import trio

from reactor.act.case import NOT_CONTAINED, Case, Guard
from reactor.act.config import ActConfig
from reactor.core.container import Container, Run, State
from reactor.core.decisions import Decision
from reactor.core.ports import Contained, Containment

Known = Callable[[Run], Container | None]
"""How a run was seen last; None if it is not the present one of its container."""
SPARED = Contained(why="it is spared by now")
UNKNOWN = Contained(why="it is not known to be running")
UNWRITTEN = Contained(why="the intent is not written, and strict is configured")


@dataclass(slots=True, eq=False)
class _Step:
    """``written`` and ``released`` are said to it, ``taken`` by it; ``at`` is when it was taken."""

    decision: Decision
    written: bool = False
    taken: trio.Event = field(default_factory=trio.Event)
    released: trio.Event = field(default_factory=trio.Event)
    contained: Contained = NOT_CONTAINED
    at: float = 0.0
    took: float = 0.0
    case: Case | None = None


class Direct:
    """Takes the direct step for whoever asks for it.

    ``guard`` and ``known`` are asked right before, ``claim`` is told of the runs that were ended.
    """

    def __init__(
        self,
        containment: Containment | None,
        guard: Guard,
        known: Known,
        nursery: trio.Nursery,
        config: ActConfig,
        claim: Callable[[Run], None],
    ) -> None:
        self._containment = containment
        self._guard = guard
        self._known = known
        self._nursery = nursery
        self._config = config
        self._claim = claim
        self._steps: dict[Decision, _Step] = {}
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def begin(self, decision: Decision) -> Callable[[], None] | None:
        """Get ready; what is to be called as soon as the intent outlives us. None if it is not asked for."""
        if self._containment is None or not decision.contain:
            return None
        step = self._steps[decision] = _Step(decision)
        # Before anybody can be frozen: from here on there is a way to the thaw.
        self._nursery.start_soon(self._attend, step, self._containment)
        return partial(self._written, step, self._containment)

    async def join(self, case: Case) -> None:
        """Wait until the step was taken, as long as for an intent at most, and put it on record."""
        step = self._steps.get(case.decision)
        if step is None:
            return
        await step.taken.wait()
        step.case, case.contained, case.release = case, step.contained, partial(self._release, step)
        case.struck = case.struck or step.contained.ended
        case.calls.note(_told(step.contained), step.at, step.contained.why, took=step.took)

    async def wait_over(self, case: Case) -> None:
        """Leave the processors to those who die: an engine that is asked to kill begins programs of its own,
        and takes away what they need to be gone."""
        if case.contained.ended and self._containment is not None:
            with trio.move_on_after(self._config.dying):
                await self._containment.wait_over(case.decision.run)

    def leave(self, decision: Decision) -> None:
        """The engine was asked, or will not be: nothing stays frozen for this."""
        step = self._steps.pop(decision, None)
        if step is not None:
            self._release(step)

    def statistics(self) -> Mapping[tuple[str, str], int]:
        """How often which way came to what."""
        return dict(self.outcomes)

    def _written(self, step: _Step, containment: Containment) -> None:
        step.written = True
        self._take(step, containment)

    def _take(self, step: _Step, containment: Containment) -> None:
        """Take the step, unless it was taken, or it is too late for any."""
        if not step.taken.is_set():
            self._contain(step, containment)
            step.taken.set()

    async def _attend(self, step: _Step, containment: Containment) -> None:
        """Take it in time in any case, and end what it froze."""
        try:
            if not step.taken.is_set():
                with trio.move_on_after(self._config.write_patience):
                    await step.taken.wait()
            self._take(step, containment)
            if step.contained.frozen:
                with trio.move_on_after(self._config.longest_frozen):
                    await step.released.wait()
        finally:
            # Whatever becomes of the engine's answer, and of us; a journal may be written after our end.
            step.taken.set()
            self._release(step)

    def _release(self, step: _Step) -> None:
        """Let it thaw, once; whoever comes first does it."""
        is_over, frozen = step.released.is_set(), step.contained.frozen
        step.released.set()
        if is_over or not frozen or self._containment is None:
            return
        began, trouble = trio.current_time(), self._containment.thaw(step.decision.run)
        self.outcomes["thaw", "failed" if trouble else "done"] += 1
        if step.case is not None:
            step.case.calls.note("thaw", began, trouble)

    def _contain(self, step: _Step, containment: Containment) -> None:
        step.at = trio.current_time()
        step.contained = self._contained(step, containment)
        step.took = trio.current_time() - step.at
        contained = step.contained
        if contained.ended:
            self._claim(step.decision.run)
        came = "ended" if contained.ended else "frozen" if contained.frozen else "not"
        self.outcomes[contained.how or "none", came] += 1

    def _contained(self, step: _Step, containment: Containment) -> Contained:
        if self._config.strict and not step.written:
            return UNWRITTEN
        decision = step.decision
        container = self._known(decision.run)
        if container is None or container.state is not State.RUNNING:
            # Who is paused breaks nothing more, and lies in the engine's own ice.
            return UNKNOWN
        if not self._guard(container, decision):
            return SPARED
        return containment.contain(decision.run, container, recorded=step.written)


def _told(contained: Contained) -> str:
    return f"contain by {contained.how}" if contained.how else "contain"
