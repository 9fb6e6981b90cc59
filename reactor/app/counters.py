"""Where one monitor is asked and told something: its control socket, the web, the port of runners.

What is answered is in ``Asked``, made anew for each of the three. Who serves it is the business of whoever
has the sockets: ``OwnCounters`` where one monitor has them to itself; where several share them, ``fleet``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import trio

from reactor.app.controlling import Desk, orders
from reactor.app.front import Front
from reactor.http.server import Handler, Security, serve
from reactor.http.server_routes import Routes, routed
from reactor.web import api as news
from reactor.web import control
from reactor.web.api import Feed, api, guarded
from reactor.web.defects import unbroken
from reactor.web.leases import LeaseDesk, with_leases
from reactor.web.seats import Seats

STREAMS = 8
"""How many streams of decisions there may be at one place, which has other uses."""


def for_runners(feed: Feed, leases: LeaseDesk | None, token: bytes) -> Handler:
    """What runners are answered on TCP, all of them only with the token: news, and leases."""
    handler = routed(api(feed))
    return guarded(with_leases(handler, leases.over_tcp()) if leases is not None else handler, token)


@dataclass(frozen=True, slots=True)
class Asked:
    """All that one monitor answers; ``leases`` is None where it keeps none."""

    desk: Desk
    feed: Feed
    leases: LeaseDesk | None = None

    def by_socket(self) -> Handler:
        """On a control socket, which only its owner can open."""
        return unbroken(orders(self.desk, self._news(), self.leases))

    def by_web(self) -> Handler:
        """Behind the door of the web."""
        return orders(self.desk, self._news(), self.leases.over_tcp() if self.leases else None)

    def by_token(self, token: bytes) -> Handler:
        """On the port of runners."""
        return for_runners(self.feed, self.leases, token)

    def begin_leases(self) -> None:
        """Somebody answers from now on. Whoever renews could not do so before, however long there has been a
        socket."""
        if self.leases is not None:
            self.leases.book.open(trio.current_time())

    def _news(self) -> Routes:
        # Each place has seats of its own, so that none takes those of another.
        return api(self.feed, Seats(STREAMS))


class Counters(Protocol):
    """The places where one monitor is asked."""

    async def open(self, asked: Asked, nursery: trio.Nursery) -> None:
        """Answer there from now on, in tasks of this nursery."""
        ...


@dataclass(frozen=True, slots=True)
class OwnCounters:
    """Sockets that one monitor has to itself. ``control`` has one or none; ``runners`` are for those who have
    the ``token``."""

    front: Front
    control: Sequence[trio.SocketListener] = ()
    runners: Sequence[trio.SocketListener] = ()
    token: bytes = field(default=b"", repr=False)

    async def open(self, asked: Asked, nursery: trio.Nursery) -> None:
        """Answer on them, and behind the front."""
        self.front.take_orders(asked.by_web())
        if self.control:
            asked.begin_leases()
            await nursery.start(serve_control, self.control, asked.by_socket())
        if self.runners:
            asked.begin_leases()
            handler = self.front.before_runners(asked.by_token(self.token))
            await nursery.start(serve_runners, self.runners, handler, self.front.security)


async def serve_control(
    listeners: Sequence[trio.SocketListener],
    handler: Handler,
    monitors: int = 1,
    *,
    task_status: trio.TaskStatus[Any] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer on a control socket of so many monitors for ever."""
    await serve(listeners, handler, terms=control.TERMS.shared_by(monitors), task_status=task_status)


async def serve_runners(
    listeners: Sequence[trio.SocketListener],
    handler: Handler,
    security: Security | None,
    monitors: int = 1,
    *,
    task_status: trio.TaskStatus[Any] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer runners of so many monitors on TCP for ever."""
    terms = news.TERMS.shared_by(monitors)
    await serve(listeners, handler, terms=terms, security=security, task_status=task_status)
