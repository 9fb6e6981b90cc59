"""The dead man's switch: a canary is sent every few minutes, and has to be ended in time.

It goes the way of everything else: the events and readings of the engine, the core, the worker, the call, the
look that it is over. Here it is sent and watched; what one is made of is in ``engine.canaries``, by which
rule it goes in ``core.canary``. Nobody waits for any of this, and whatever goes wrong is counted.
"""

import logging
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import trio

from reactor.app.flight import Cage, Flight
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Service
from reactor.app.settings import CanaryTerms
from reactor.core.canary import RULE
from reactor.core.container import ContainerId
from reactor.core.decisions import Outcome, Result
from reactor.core.notes import Ended
from reactor.core.ports import Engine, EngineError
from reactor.core.state import Step
from reactor.engine.calls import DockerEngine
from reactor.engine.canaries import Canaries, NoSuchImage
from reactor.observe.canary import CanaryBook

log = logging.getLogger("reactor.app")

PATIENCE = 30.0
"""Seconds in which what is left of a canary has to be taken away."""


class Aviary:
    """Sends canaries, one at a time, and has the books told. It is an observer that changes nothing."""

    def __init__(self, terms: CanaryTerms, canaries: Cage, monitor: Monitor, book: CanaryBook) -> None:
        self._terms = terms
        self._canaries = canaries
        self._monitor = monitor
        self._book = book
        self._flight: Flight | None = None
        self._left: frozenset[ContainerId] = frozenset()

    def step(self, step: Step) -> None:
        """See what is decided about the one that is out, and whether it fell by anything else."""
        flight = self._flight
        if flight is None:
            return
        for decision in step.decisions:
            if decision.rule == RULE and decision.run.id == flight.canary:
                flight.decision = decision
        for note in step.notes:
            if isinstance(note, Ended) and note.run.id == flight.canary and flight.decision is None:
                flight.fell = True
                flight.over.set()

    def outcome(self, outcome: Outcome) -> None:
        """See what came of it."""
        flight = self._flight
        if flight is not None and outcome.decision.run.id == flight.canary and outcome.final:
            flight.outcome = outcome
            flight.over.set()

    async def run(self) -> None:
        """Send one every so often, for ever. Whatever an earlier monitor left comes first."""
        self._book.sending(self._terms.every)
        while True:
            began = trio.current_time()
            try:
                await self._once()
            except Exception:  # A canary ends no monitor, whatever is wrong with it.
                log.exception("a defect: a canary could not be sent")
                self._failed("engine", "see above")
            await trio.sleep_until(began + self._terms.every)

    async def _once(self) -> None:
        if not await self._cleared():
            self._failed("left", "an earlier canary cannot be taken away")
        elif self._monitor.setup.dry_run or self._monitor.is_held:
            self._book.excused()
        else:
            await self._send()

    async def _cleared(self) -> bool:
        """Take away what is left of earlier ones, of ours and of an earlier monitor's; False if it stays."""
        with suppress(EngineError), trio.move_on_after(PATIENCE):
            for canary in self._left | frozenset(await self._canaries.left()):
                if not await self._canaries.take_away(canary):
                    return False
                log.info("a canary that was left is taken away", extra={"id": canary[:12]})
            self._left = frozenset()
            return True
        return not self._left

    async def _send(self) -> None:
        try:
            canary = await self._canaries.make(self._terms.image, secrets.token_hex(4))
        except NoSuchImage:
            image = self._terms.image
            self._failed("image", f"the engine has no image {image}, and none is pulled: docker pull {image}")
            return
        except EngineError as error:
            self._failed("engine", str(error))
            return
        self._left |= {canary}
        try:
            await self._canaries.start(canary)
            self._flight = Flight(canary, trio.current_time())
            await self._watch(self._flight)
        except EngineError as error:
            self._failed("engine", str(error))
        finally:
            self._flight = None
        await self._cleared()

    async def _watch(self, flight: Flight) -> None:
        with trio.move_on_after(max(PATIENCE, self._terms.within)):
            await flight.over.wait()
        outcome = flight.outcome
        if outcome is not None and outcome.result is Result.DONE:
            self._ended(flight, outcome)
        elif flight.fell:
            self._failed("elsewhere", "it ended by something else than its rule")
        elif flight.decision is None:
            self._failed("undecided", "nothing was decided about it: are there no readings of it?")
        else:
            self._failed("unended", "it was decided about, and is not known to be over")

    def _ended(self, flight: Flight, outcome: Outcome) -> None:
        took = outcome.at - flight.began
        late = took > self._terms.within
        self._book.ended(took, outcome.decision.id, late=late)
        level = logging.ERROR if late else logging.INFO
        log.log(level, "a canary was ended", extra={"took_ms": round(took * 1000), "late": late})

    def _failed(self, why: str, sentence: str) -> None:
        self._book.failed(why)
        log.error("a canary failed", extra={"reason": why, "why": sentence})


def canaries(terms: CanaryTerms | None, engine: Engine, engine_id: str, journal: Path) -> tuple[Service, ...]:
    """The service that sends them, if they are wanted, in the name of the monitor with this journal."""
    if terms is None or not isinstance(engine, DockerEngine):
        return ()
    # Two monitors, one dry beside the other, must not take each other's away.
    whose = f"{engine_id}-{sha256(str(journal.resolve()).encode()).hexdigest()[:12]}"
    sent = Canaries.on(engine, whose)

    async def serve(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        if monitor.setup.dry_run:
            log.warning("no canary is sent: a monitor that runs dry would not end it")
            return
        aviary = Aviary(terms, sent, monitor, numbers.canary)
        monitor.also_tell(aviary)
        await aviary.run()

    return (serve,)
