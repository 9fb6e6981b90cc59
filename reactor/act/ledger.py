"""Who is where, and who was told what: the books of acting.

What belongs here is everything about a decision that is counted, written down or reported.
Nothing here waits for an engine, and nothing here decides.
"""

import logging
from collections import Counter
from collections.abc import Callable

import trio

from reactor.act.case import Case, Verdict
from reactor.act.chain import Went
from reactor.act.outbox import Outbox
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.ports import Journal

log = logging.getLogger("reactor.act")

Report = Callable[[Outcome], None]


class Ledger:
    """Keeps the places of all cases and tells the journal and ``report`` what comes of them."""

    def __init__(self, outbox: Outbox, journal: Journal, report: Report, room: int) -> None:
        self._outbox = outbox
        self._journal = journal
        self._report = report
        self._room = room
        self._changed = trio.Event()
        self.quarantined = 0
        self.waiting = 0
        self.retries = 0
        self.came_back = 0
        self.outcomes: Counter[tuple[Result, Why]] = Counter()

    @property
    def active(self) -> int:
        """How many are queued or under way: all but what waits in quarantine or for the engine."""
        return len(self._outbox) - self.quarantined - self.waiting

    async def wait_inactive(self) -> None:
        """Wait until nothing is queued or under way."""
        while self.active:
            await self._changed.wait()

    def quarantine(self, case: Case) -> bool:
        """Put a case into quarantine; False if there is no room."""
        if case.quarantined:
            return True
        if self.quarantined >= self._room:
            return False
        case.last = None
        self.set_waiting(case, waiting=False)
        case.quarantined = True
        self.quarantined += 1
        self._say_changed()
        return True

    def set_waiting(self, case: Case, *, waiting: bool) -> None:
        """Whether a case waits for the engine to answer; one in quarantine stays there."""
        waiting = waiting and not case.quarantined
        self.waiting += waiting - case.waiting
        case.waiting = waiting
        self._say_changed()

    def tell(self, case: Case, why: Why, detail: str) -> None:
        """Tell once for each reason that a run is not over and not given up."""
        if why not in case.told:
            case.told.add(why)
            self._write(case, Verdict(Result.UNKNOWN, why, detail), final=False)

    def conclude(self, case: Case, verdict: Verdict) -> None:
        """Close a case."""
        self.quarantined -= case.quarantined
        self.waiting -= case.waiting
        self._outbox.finish(case.decision)
        self._write(case, verdict, final=True)
        self._say_changed()

    def amend(self, case: Case, verdict: Verdict, went: Went) -> None:
        """Write down what was done behind the end; nobody but the journal has to know."""
        detail = "; ".join((*filter(None, (verdict.detail,)), *went.failed))
        now = trio.current_time()
        outcome = Outcome(
            case.decision,
            now,
            verdict.result,
            verdict.why,
            detail,
            case.calls.record,
            contained=case.contained.ended,
        )
        self._journal.conclude(outcome)
        if went.failed:
            log.error(
                "behind the end of a run something did not come off",
                extra={"decision": case.decision.id, "why": "; ".join(went.failed)},
            )

    def _write(self, case: Case, verdict: Verdict, *, final: bool) -> None:
        """To the journal first: who hears of an outcome may act on it."""
        now = trio.current_time()
        calls = case.calls.record
        done = (verdict.result, verdict.why, verdict.detail)
        outcome = Outcome(case.decision, now, *done, calls, final, case.contained.ended)
        self.outcomes[verdict.result, verdict.why] += 1
        self._journal.conclude(outcome)
        self._report(outcome)

    def _say_changed(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
