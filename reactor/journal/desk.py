"""What every part of the journal's door has in common: clocks, and the way into the backlog.

Nothing of what is written down is here.
"""

from collections.abc import Callable

import trio

from reactor.journal.backlog import Backlog, Receipt
from reactor.journal.rows import Moment, Row
from reactor.journal.shouting import Shouter


class Desk:
    """Takes rows for the backlog, and says so where some are lost."""

    def __init__(
        self, backlog: Backlog, wall: Callable[[], float], boot: Callable[[], float], boot_id: str
    ) -> None:
        self._backlog = backlog
        self._wall = wall
        self._boot = boot
        self._boot_id = boot_id
        self._shouter = Shouter()
        self._told_drops = 0

    def _moment(self, at: float | None = None) -> Moment:
        now = trio.current_time()
        since = now - (now if at is None else at)
        return Moment(now - since, self._wall() - since, self._boot_id, self._boot() - since)

    def _put_first(self, row: Row, on_written: Callable[[], None] | None = None) -> Receipt:
        """Have a row written before everything else."""
        receipt = self._backlog.put_intent(row, on_written)
        self._tell_drops()
        return receipt

    def _put(self, *written: Row) -> None:
        self._backlog.put(written)
        self._tell_drops()

    def _tell_drops(self) -> None:
        if self._backlog.dropped > self._told_drops:
            self._told_drops = self._backlog.dropped
            self._shouter.shout("the journal does not keep up: rows are lost", lost=self._told_drops)
