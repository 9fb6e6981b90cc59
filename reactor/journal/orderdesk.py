"""The part of the journal's door where orders come in: holds, silences, deeds, and mains that we pause.

What they look like as rows is in ``ordered``, what they mean is the business of the core.
"""

from collections.abc import Callable

import trio

from reactor.core.container import Run
from reactor.core.orders import Hold, Orders, Silence
from reactor.journal import ordered, rows
from reactor.journal.backlog import Backlog, Receipt
from reactor.journal.desk import Desk
from reactor.journal.memory import Recollection
from reactor.journal.ordered import Deed

ORDER_PATIENCE = 2.0
"""How long an operator waits to hear that what he ordered is on the disk."""


class OrderDesk(Desk):
    """Orders, with their ends. Somebody waits for each of them."""

    def __init__(
        self, backlog: Backlog, wall: Callable[[], float], boot: Callable[[], float], boot_id: str
    ) -> None:
        super().__init__(backlog, wall, boot, boot_id)
        self._orders = Orders()
        self._standing: dict[str, Hold | Silence] = {}
        self._paused: dict[Run, tuple[str, str]] = {}
        self._left_paused: tuple[Run, ...] = ()
        self._by_wall = 0
        self._latest_order: Receipt | None = None

    def orders(self) -> Orders:
        """What operators ordered before this monitor began, and what is not over."""
        return self._orders

    def order(self, order: Hold | Silence) -> None:
        """Write what an operator ordered; again does no harm. A hold takes the place of the one before."""
        before = [
            each.id for each in self._standing.values() if isinstance(each, Hold) and each.id != order.id
        ]
        self._standing[order.id] = order
        self._put_order(ordered.order(order, self._moment(order.since)))
        for key in before if isinstance(order, Hold) else ():
            self.lift(key, order.who)

    def lift(self, key: str, by: str) -> None:
        """Write that an order is over, by its id."""
        self._standing.pop(key, None)
        self._put_order(ordered.lift(key, by, self._moment()))

    def pause(self, run: Run, name: str, why: str) -> None:
        """Write that a main is about to be paused by us. ``kept`` waits until it is on the disk."""
        self._paused[run] = (name, why)
        self._put_order(ordered.pause(run, name, why, self._moment()))

    def unpaused(self, run: Run, why: str) -> None:
        """Write that it goes on, or is over."""
        self._paused.pop(run, None)
        self._put_order(ordered.lift(ordered.pause_key(run), why, self._moment()))

    def paused(self) -> tuple[Run, ...]:
        """The mains that an earlier monitor paused, and did not let go on as far as is written."""
        return self._left_paused

    def did(self, deed: Deed) -> None:
        """Write what an operator did once: it is for the record only."""
        self._put_order(ordered.did(deed, self._moment(deed.at)))

    async def kept(self) -> bool:
        """Wait until what was ordered last is on the disk, two seconds at most; False if it is not there yet.

        It is tried on, and in force meanwhile; a monitor that begins anew may know nothing of it.
        """
        receipt = self._latest_order
        if receipt is None:
            return True
        with trio.move_on_after(ORDER_PATIENCE):
            await receipt.wait()
        return receipt.written

    @property
    def by_wall(self) -> int:
        """How many standing orders with an end go by the wall's clock: the machine was started anew since."""
        return self._by_wall

    def _put_order(self, row: rows.Row) -> None:
        """Orders are few, somebody waits for them, and no look at the engine would find a lost one."""
        self._latest_order = self._backlog.put_intent(row)
        self._tell_drops()

    def _recall_orders(self, recollection: Recollection) -> None:
        self._orders = recollection.orders
        self._by_wall = recollection.by_wall
        self._left_paused = recollection.paused

    def _write_orders_anew(self) -> None:
        for order in self._standing.values():
            self._backlog.put((ordered.order(order, self._moment(order.since)),))
        for run, (name, why) in self._paused.items():
            self._backlog.put((ordered.pause(run, name, why, self._moment()),))
