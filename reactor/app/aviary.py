"""The dead man's switch: a canary is sent every few minutes, and has to be ended in time.

It goes the way of everything else: the events and readings of the engine, the core, the worker, the call, the
look that it is over. Here it is sent and watched; in whose name is in ``canary``, what one is made of in
``engine.canaries``, by which rule it goes in ``core.canary``. Nobody waits for any of this, and whatever goes
wrong is counted.
"""

import logging
import secrets
from contextlib import suppress

import trio

from reactor.app.flight import Cage, Flight
from reactor.app.monitor import Monitor
from reactor.app.settings import CanaryTerms
from reactor.core.canary import RULE
from reactor.core.container import ContainerId
from reactor.core.decisions import Outcome
from reactor.core.notes import Ended
from reactor.core.ports import EngineError
from reactor.core.state import Step
from reactor.engine.canaries import NoSuchImage
from reactor.observe.canary import CanaryBook

log = logging.getLogger("reactor.app")

PATIENCE = 30.0
"""Seconds in which what is left of a canary has to be taken away, and for which one that should be over is
waited for: what comes so late is counted as late, and what does not come as not ended."""


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
        """See what is decided about the one that is out, whether somebody holds the monitor meanwhile, and
        whether it fell by anything else."""
        flight = self._flight
        if flight is None:
            return
        for decision in step.decisions:
            # During a hold it is only said what would be done.
            if decision.rule == RULE and decision.run.id == flight.canary and not decision.dry_run:
                flight.decision = decision
        for note in step.notes:
            if isinstance(note, Ended) and note.run.id == flight.canary and flight.decision is None:
                flight.fell = True
                flight.over.set()
        if self._monitor.is_held:
            flight.held = True
            if flight.decision is None:
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
        elif not self._monitor.setup.dry_run and not self._monitor.is_held:
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
        # From now on it is looked for: it may be ended before the engine has said that it was started.
        self._flight = Flight(canary, trio.current_time())
        try:
            await self._fly(self._flight)
        finally:
            self._flight = None
        await self._cleared()

    async def _fly(self, flight: Flight) -> None:
        if self._monitor.is_held:
            return  # Somebody did while it was made.
        try:
            await self._canaries.start(flight.canary)
        except EngineError as error:
            if not flight.over.is_set():
                self._failed("engine", str(error))
                return
        flight.began = trio.current_time()
        with trio.move_on_after(self._terms.within + PATIENCE):
            await flight.over.wait()
        self._judge(flight)

    def _judge(self, flight: Flight) -> None:
        took = flight.took
        if took is not None and (took <= self._terms.within or not flight.held):
            self._ended(flight, took)
        elif flight.held:
            self._book.held()
            log.info("a canary was not ended, since the monitor is held: it is taken away")
        elif flight.fell:
            self._failed("elsewhere", "it ended by something else than its rule")
        elif flight.decision is None:
            self._failed("undecided", "nothing was decided about it: are there no readings of it?")
        else:
            self._failed("unended", "it was decided about, and is not known to be over")

    def _ended(self, flight: Flight, took: float) -> None:
        late = took > self._terms.within
        decision = flight.decision
        self._book.ended(took, decision.id if decision is not None else "", late=late)
        level = logging.ERROR if late else logging.INFO
        log.log(level, "a canary was ended", extra={"took_ms": round(took * 1000), "late": late})

    def _failed(self, why: str, sentence: str) -> None:
        self._book.failed(why)
        log.error("a canary failed", extra={"reason": why, "why": sentence})
