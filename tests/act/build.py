"""A world, an engine that serves it, a journal in memory, and workers between them."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import trio

from reactor.act.case import Guard
from reactor.act.config import ActConfig
from reactor.act.courier import Courier
from reactor.act.means import Means
from reactor.act.measures import Measures
from reactor.act.workers import Workers
from reactor.core.container import Container, ContainerId, Limits, Run
from reactor.core.decisions import Decision, Outcome, Result, Why, decision_id
from reactor.core.evidence import Evidence
from reactor.core.ports import Containment
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from reactor.testing.box import Box
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.direct_records import container_record
from reactor.testing.history import What
from reactor.testing.world import World


class Notebook:
    """A journal in memory. ``writes`` is how long an intent needs to be written, ``takes`` how long from then
    until it is on the disk. With ``slips`` it outlives us at once, all the same."""

    def __init__(self, takes: float = 0.0, writes: float = 0.0, *, slips: bool = False) -> None:
        self.slips = slips
        self.takes = takes
        self.writes = writes
        self.intended: list[tuple[float, Decision]] = []
        self.concluded: list[Outcome] = []
        self.asked: dict[str, float] = {}
        self.attached: list[tuple[Decision, Evidence]] = []

    def intend(
        self, decision: Decision, began: float, on_written: Callable[[], None] | None = None
    ) -> Awaitable[bool]:
        """Keep to the contract: 100 ms at most."""
        assert began <= trio.current_time()
        self.intended.append((trio.current_time(), decision))
        if self.slips and on_written is not None:
            on_written()
            on_written = None
        return self._intended(on_written)

    async def _intended(self, on_written: Callable[[], None] | None) -> bool:
        with trio.move_on_after(0.1):
            await trio.sleep(self.writes)
            if on_written is not None:
                on_written()
            await trio.sleep(self.takes)
            return True
        return False

    async def note_asked(self, decision: Decision) -> None:
        self.asked[decision.id] = trio.current_time()

    def conclude(self, outcome: Outcome) -> None:
        self.concluded.append(outcome)

    def attach(self, decision: Decision, evidence: Evidence) -> None:
        self.attached.append((decision, evidence))

    @property
    def open_intents(self) -> list[Decision]:
        closed = {outcome.decision.id for outcome in self.concluded if outcome.final}
        return [decision for _, decision in self.intended if decision.id not in closed]


class OddEngine(DirectEngine):
    """An engine whose next answers to a kill or a stop are given: the status, and whether it does it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.answers: deque[tuple[int, bool]] = deque()

    async def kill(self, container: ContainerId) -> int:
        return await self._odd(lambda: super(OddEngine, self).kill(container))

    async def stop(self, container: ContainerId, grace: float) -> int:
        return await self._odd(lambda: super(OddEngine, self).stop(container, grace))

    async def update(self, container: ContainerId, limits: Limits) -> int:
        return await self._odd(lambda: super(OddEngine, self).update(container, limits))

    async def _odd(self, call: "Callable[[], object]") -> int:
        if not self.answers:
            return await call()  # type: ignore[misc,no-any-return]  # the call of the engine below
        status, effective = self.answers.popleft()
        if effective:
            await call()  # type: ignore[misc]  # as above
        return status


@dataclass
class Bench:
    """Everything that a test of acting looks at."""

    world: World
    engine: DirectEngine
    journal: Notebook
    workers: Workers
    outcomes: list[Outcome] = field(default_factory=list)
    returned: list[Container] = field(default_factory=list)
    courier: Courier = field(default_factory=lambda: Courier({}, trio.current_time, lambda: 0.0))

    def put(
        self,
        box: Box,
        action: Action = Action.KILL,
        *stages: Stage,
        grace: float = 10.0,
        dry_run: bool = False,
        rule: str = "safety/pids",
        contain: bool = False,
    ) -> Decision:
        """Decide about the present run of a container."""
        decision = decide(box.run, action, grace=grace, dry_run=dry_run)
        decision = replace(decision, rule=rule, stages=stages, id=f"{decision.id}{rule}", contain=contain)
        self.workers.put(decision)
        return decision

    def put_run(self, run: Run, *, contain: bool = False) -> Decision:
        """Decide that this run is to be killed."""
        decision = replace(decide(run), contain=contain)
        self.workers.put(decision)
        return decision

    async def finish(self, within: float = 1000.0) -> list[Outcome]:
        """Wait until all is done, and return the final outcomes."""
        with trio.fail_after(within):
            await self.workers.wait_empty()
        return self.finals

    @property
    def finals(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.final]

    def said(self) -> list[tuple[float, Result, Why, bool]]:
        """All outcomes: when, what, why, final."""
        return [(outcome.at, outcome.result, outcome.why, outcome.final) for outcome in self.outcomes]

    def asked(self) -> list[tuple[float, What, Run]]:
        """The kills and stops that reached the engine."""
        return [(entry.at, entry.what, entry.run) for entry in self.world.history.asked(BY)]

    def kills(self) -> list[float]:
        """When a kill reached the engine."""
        return [at for at, what, _ in self.asked() if what is What.KILL]


def decide(run: Run, action: Action = Action.KILL, *, grace: float = 10.0, dry_run: bool = False) -> Decision:
    return Decision(
        id=decision_id(run, action, "safety/pids", "", 1),
        at=trio.current_time(),
        run=run,
        name="c",
        action=action,
        rule="safety/pids",
        reason="pids 231 > 200",
        seen=trio.current_time(),
        grace=grace,
        dry_run=dry_run,
    )


def known(world: World, run: Run) -> Container | None:
    """How a run is seen now, if it is the present one of its container."""
    box = next((box for box in world.boxes if box.run == run), None)
    return container_record(world, box, None, None, None) if box is not None else None


def anybody(container: Container, decision: Decision) -> bool:
    """A guard that lets everything through."""
    return True


@asynccontextmanager
async def acting(
    config: ActConfig | None = None,
    *,
    guard: Guard = anybody,
    journal: Notebook | None = None,
    engine: DirectEngine | None = None,
    jitter: Callable[[], float] = lambda: 0.0,
    means: Means | None = None,
    containment: Containment | None = None,
) -> AsyncIterator[Bench]:
    """Workers on an engine of their own; everything is cancelled at the end."""
    engine = engine or DirectEngine(World())
    outcomes: list[Outcome] = []
    returned: list[Container] = []
    journal = journal or Notebook()
    async with trio.open_nursery() as nursery:
        await nursery.start(engine.world.run)
        config = config or ActConfig()
        means = means or Means()
        courier = Courier(means.webhooks, wall=trio.current_time, jitter=jitter)
        measures = Measures(means, courier, config, source="reactor/world", wall=trio.current_time)
        workers = Workers(
            engine,
            journal,
            guard,
            nursery,
            outcomes.append,
            config,
            jitter=jitter,
            returned=returned.append,
            measures=measures,
            containment=containment,
            known=lambda run: known(engine.world, run),
        )
        workers.start()
        yield Bench(engine.world, engine, journal, workers, outcomes, returned, courier)
        nursery.cancel_scope.cancel()
