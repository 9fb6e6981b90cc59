"""A decision that did not come off at the first try: where it waits, how long, and what is seen of it later.

What belongs here is the pause between two tries, and the look back after an end. Who tries when is in
``workers``, what one try consists of in ``trying``.
"""

from collections.abc import Callable

import trio

from reactor.act.case import Case, Then, Unsettled
from reactor.act.config import ActConfig
from reactor.act.ledger import Ledger
from reactor.act.looking import Sight, look
from reactor.core.container import Container
from reactor.core.decisions import Why
from reactor.core.ports import EngineForbids


class Perseverance:
    """Finds places for those who wait, and keeps their pauses. ``jitter`` gives numbers from 0 to 1."""

    def __init__(self, ledger: Ledger, config: ActConfig, jitter: Callable[[], float]) -> None:
        self._ledger = ledger
        self._config = config
        self._jitter = jitter
        self._nudged = trio.Event()

    def nudge(self) -> None:
        """Nobody need wait any longer."""
        self._nudged.set()
        self._nudged = trio.Event()

    def find_place(self, case: Case, last: Unsettled) -> bool:
        """Where a case waits for its next try, and who has to know; False if there is no room."""
        if last.then is Then.WAIT:
            self._ledger.set_waiting(case, waiting=True)
            self._ledger.tell(case, Why.UNREACHABLE, last.detail)
            return True
        case.tries += 1
        if last.then is Then.AGAIN and case.tries < self._config.tries and not case.quarantined:
            return True
        if not self._ledger.quarantine(case):
            return False
        self._ledger.tell(case, Why.WEDGED, last.detail)
        return True

    async def pause(self, case: Case, then: Then) -> None:
        """Twice as long each time, and a random part less, so that they do not all come at once."""
        config = self._config
        case.pauses = case.pauses + 1 if then is case.last else 0
        case.last = then
        first, longest = config.first_pause, config.longest_pause
        if case.quarantined:
            first, longest = config.first_quarantine_pause, config.longest_quarantine_pause
        seconds = min(first * 2.0 ** min(case.pauses, 30), longest)
        with trio.move_on_after(seconds * (1 - 0.5 * self._jitter())):
            await self._nudged.wait()


async def look_back(case: Case, config: ActConfig) -> Container | None:
    """See whether a restart policy, or somebody, began another run."""
    if case.came_back is None and (case.seen is None or not case.seen.auto_remove):
        await trio.sleep(config.look_back_after)
        case.came_back = await _later_run(case, config)
    return case.came_back


async def _later_run(case: Case, config: ActConfig) -> Container | None:
    try:
        seen = await look(case.calls, case.decision.run, config.verify_deadline)
    except EngineForbids:
        return None
    alive = seen.container is not None and seen.container.alive
    return seen.container if seen.sight is Sight.LATER_RUN and alive else None
