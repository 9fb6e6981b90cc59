"""From the outbox to the outcome: who is tried when, and how often.

What belongs here is the course of a decision through its tries: slots, pauses, quarantine.
What one try consists of is in ``trying``, who is told of it in ``ledger``.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import trio

from reactor.act.calls import Calls
from reactor.act.case import Case, Guard, Then, Unsettled, Verdict
from reactor.act.chain import Went, after_end, before_end, go_through, verdict_of
from reactor.act.config import ActConfig
from reactor.act.directly import Direct, Known
from reactor.act.intents import Intents
from reactor.act.lanes import Lane, Lease
from reactor.act.ledger import Ledger, Report
from reactor.act.measures import Measures
from reactor.act.outbox import Line, Outbox, OutboxStatistics
from reactor.act.perseverance import Perseverance, look_back
from reactor.act.rivals import Rivals
from reactor.act.trying import attempt, grace_of, stopping_until
from reactor.core.container import Container, Run
from reactor.core.deciding import POLITE
from reactor.core.decisions import Decision, Result, Why
from reactor.core.ports import Containment, Engine, Journal
from reactor.core.stages import Stage
from reactor.core.verbs import Action

DRY = Verdict(Result.REFUSED, Why.DRY_RUN)
STRICT = Verdict(Result.REFUSED, Why.STRICT, "the intent is not on the disk, and strict is configured")
FULL = Verdict(Result.FAILED, Why.GIVEN_UP, "the quarantine is full")


def nobody_known(_run: Run) -> None:
    """For whoever contains nobody."""


class Workers:
    """Carries decisions out. ``put`` them; outcomes come by ``report``, in the same thread.

    ``start`` has to be called once; all tasks live in ``nursery``. ``guard`` is asked at the
    last look. ``containment`` ends runs directly, ``known`` says how they were seen last. ``jitter`` gives
    numbers from 0 to 1. ``returned`` is told of a container that
    began another run within a second of the end that we brought: it is judged anew by others.
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        guard: Guard,
        nursery: trio.Nursery,
        report: Report,
        config: ActConfig | None = None,
        *,
        jitter: Callable[[], float],
        returned: Callable[[Container], None] = lambda _: None,
        measures: Measures | None = None,
        containment: Containment | None = None,
        known: Known = nobody_known,
    ) -> None:
        self._engine = engine
        self._guard = guard
        self._nursery = nursery
        self._config = config = config or ActConfig()
        self._returned = returned
        self._outbox = Outbox()
        self._intents = Intents(journal, nursery)
        self._rivals = Rivals()
        self._direct = Direct(containment, guard, known, nursery, config, self._rivals.claim)
        self._asked: dict[Run, float] = {}
        self._ledger = Ledger(self._outbox, journal, report, config.quarantine_room)
        self._lanes = {
            Line.KILL: Lane(config.kill_slots, config.lane_patience),
            Line.STOP: Lane(config.stop_slots, config.lane_patience),
            Line.OTHER: Lane(config.other_slots, config.lane_patience),
        }
        self._measures = measures
        self._again_lane = Lane(config.again_slots, config.lane_patience)
        self._quarantine_lane = Lane(config.quarantine_slots)
        self._perseverance = Perseverance(self._ledger, config, jitter)

    def start(self) -> None:
        """Begin to carry out. Each line has slots of its own, so that slow stops hold up no kill."""
        for line in Line:
            self._nursery.start_soon(self._dispatch, line)

    def recall(self, asked: Mapping[Run, float]) -> None:
        """When an earlier monitor told the engine to stop these runs; to be known before anything is put.

        The first to decide so about one of them may be a rule of ours, before that monitor's intent is
        taken up.
        """
        self._asked.update(asked)

    def put(self, decision: Decision) -> None:
        """Add a decision. A second one for the same run and line adds nothing while the first is open."""
        if self._outbox.put(decision) and not decision.dry_run:
            self._intents.begin(decision, self._direct.begin(decision))

    def nudge(self) -> None:
        """The engine is known to answer: try at once what waits for another try."""
        self._perseverance.nudge()

    async def wait_empty(self) -> None:
        """Wait until nothing is under way, apart from what waits in quarantine or for the engine."""
        await self._ledger.wait_inactive()

    def statistics(self) -> OutboxStatistics:
        """How it goes, now."""
        ledger, queued = self._ledger, self._outbox.queued
        lanes = [lane.statistics() for lane in (*self._lanes.values(), self._again_lane)]
        return OutboxStatistics(
            queued=queued,
            in_flight=ledger.active - queued,
            beside=sum(lane.beside for lane in lanes),
            overdue=sum(lane.overdue for lane in lanes),
            at_bound=sum(lane.at_bound for lane in lanes),
            quarantined=ledger.quarantined,
            waiting=ledger.waiting,
            repeats=self._outbox.repeats,
            retries=ledger.retries,
            came_back=ledger.came_back,
            outcomes=dict(ledger.outcomes),
            contained=self._direct.statistics(),
        )

    async def _dispatch(self, line: Line) -> None:
        """Take one decision after the other. Each gets its slot and takes its first step before the next
        is looked at, so the calls go out in the order of the decisions. The intent comes first and is
        waited for; if it is late, acting comes first, unless strict."""
        while True:
            decision = await self._outbox.take(line)
            case = self._case(decision)
            if decision.dry_run:
                self._ledger.conclude(case, DRY)
                continue
            intended = await self._intents.settled(decision)
            await self._direct.join(case)
            if self._config.strict and not intended and not case.contained.ended:
                self._direct.leave(decision)
                self._ledger.conclude(case, STRICT)
                continue
            if before_end(decision) or case.contained.ended:
                # What comes first may take its time, and needs no slot of those who end something.
                self._nursery.start_soon(self._go_through, case)
                continue
            lease = await self._lanes[line].acquire(self._expected(case))
            self._nursery.start_soon(self._carry_out, case, lease)

    def _case(self, decision: Decision) -> Case:
        """A case for a decision; whoever was asked to stop is only waited for, and then killed."""
        is_stop = decision.action is Action.STOP and not decision.dry_run
        asked = self._asked.pop(decision.run, None) if is_stop else None
        return Case(
            decision,
            Calls(self._engine, decision.run.id),
            polite=decision.action in POLITE and asked is None,
            before_stop=partial(self._intents.note_asked, decision),
            struck=asked is not None,
            asked=asked,
        )

    def _expected(self, case: Case) -> float:
        """How many seconds a case may take for its grace."""
        if case.asked is None:
            return grace_of(case.decision, self._config)
        return max(0.0, stopping_until(case.decision, case.asked, self._config) - trio.current_time())

    async def _go_through(self, case: Case) -> None:
        """The stages before the end, and then the end, unless a stage that failed calls it off."""
        decision = case.decision
        if before_end(decision):
            with await self._lanes[Line.OTHER].acquire():
                went = await self._stages(case, before_end(decision), self._guard)
            if not decision.ends or went.called_off or went.verdict is not None:
                self._ledger.conclude(case, verdict_of(went))
                return
        await self._direct.wait_over(case)
        line = Line.KILL if decision.action not in POLITE else Line.STOP
        lease = await self._lanes[line].acquire(self._expected(case))
        await self._carry_out(case, lease)

    async def _stages(self, case: Case, stages: Sequence[Stage], guard: Guard | None) -> Went:
        if self._measures is None:
            return Went(("this monitor only ends runs",), called_off=not case.decision.ends)
        return await go_through(case, stages, self._measures, guard, self._config)

    async def _carry_out(self, case: Case, lease: Lease) -> None:
        self._rivals.enter(case)
        settled = await self._try(case, lease)
        self._direct.leave(case.decision)
        while isinstance(settled, Unsettled):
            settled = await self._another_try(case, settled)
        settled = self._rivals.leave(case, settled)
        self._ledger.conclude(case, settled)
        if settled.result is Result.DONE and (behind := after_end(case.decision)):
            self._ledger.amend(case, settled, await self._stages(case, behind, None))
        if settled.why is Why.ENDED and (later := await look_back(case, self._config)) is not None:
            self._ledger.came_back += 1
            self._returned(later)

    async def _another_try(self, case: Case, last: Unsettled) -> Verdict | Unsettled:
        self._ledger.retries += 1
        if last.then is Then.KILL:
            lane = self._lanes[Line.KILL]
        elif not self._perseverance.find_place(case, last):
            return FULL
        else:
            await self._perseverance.pause(case, last.then)
            lane = self._quarantine_lane if case.quarantined else self._again_lane
        lease = await lane.acquire()
        self._ledger.set_waiting(case, waiting=False)
        return await self._try(case, lease)

    async def _try(self, case: Case, lease: Lease) -> Verdict | Unsettled:
        with lease:
            settled = await attempt(case, self._guard, self._config)
            lease.hung = case.calls.unanswered > 0
            return settled
