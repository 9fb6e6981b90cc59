"""The part of what a process answers that is about one engine: empty until its monitor is there.

Handlers are kept here, and found again below ``/engines/NAME``. Does not belong here: who may ask at all,
which is the business of the front, once for all engines.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import trio

from reactor.access.admission import broken_off
from reactor.app.counters import Asked
from reactor.app.exporting import pages
from reactor.app.fleet.member import Standing
from reactor.app.front import Front
from reactor.app.log import speaking_of
from reactor.app.numbers import Numbers
from reactor.app.page.gazette import Gazette
from reactor.app.plan import Export
from reactor.http.server import Answer, Handler, Request, Response, StreamingResponse
from reactor.observe.tally import Tally
from reactor.web.control import refusal

PREFIX = "/engines/"
_NOBODY = "there is no engine of this name: / tells of all"


class Wing:
    """What is answered for one engine. ``token`` is that of runners; ``tally`` is the process's own.

    ``renewing`` tells that leases can be renewed at a socket: where there is none, none runs out.
    """

    def __init__(
        self, standing: Standing, front: Front, token: bytes, tally: Tally, *, renewing: bool = True
    ) -> None:
        self._standing = standing
        self._front = front
        self._token = token
        self._tally = tally
        self._renewing = renewing
        self._pages: Handler | None = None
        self._orders: Handler | None = None
        self._control: Handler | None = None
        self._runners: Handler | None = None
        self._web = front.beside(self._shown, lambda: self._orders)
        self._empty = trio.Event()

    @contextmanager
    def occupied(self) -> Iterator[None]:
        """A monitor has this wing; afterwards it is empty again, and streams of that monitor end."""
        self._empty = trio.Event()
        try:
            yield
        finally:
            self._pages = self._orders = self._control = self._runners = None
            self._empty.set()

    def exports(self, gazette: Gazette) -> tuple[Export, ...]:
        """What shows the pages of a monitor here."""

        async def export(numbers: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
            self._pages = self._while_here(pages(numbers, tally, gazette.routes(numbers, self._tally)))
            task_status.started()
            await trio.sleep_forever()

        return export, gazette.keep_lines

    async def open(self, asked: Asked, _: trio.Nursery) -> None:
        """Answer here for the monitor that is asked."""
        if self._renewing:
            asked.begin_leases()
        self._orders = self._while_here(self._front.before_orders(asked.by_web()))
        self._control = self._while_here(asked.by_socket())
        if self._token:
            self._runners = self._while_here(asked.by_token(self._token))

    async def by_web(self, request: Request) -> Answer:
        """An answer for whoever was let in by the front."""
        return await self._web(request)

    async def by_socket(self, request: Request) -> Answer:
        """An answer on the control socket."""
        return await self._by(self._control, request)

    async def by_token(self, request: Request) -> Answer:
        """An answer on the port of runners; the handler asks for the token."""
        return await self._by(self._runners, request)

    async def _shown(self, request: Request) -> Answer:
        return await self._by(self._pages, request)

    async def _by(self, handler: Handler | None, request: Request) -> Answer:
        return await handler(request) if handler is not None else refusal(503, self._standing.why_not_ready())

    def _while_here(self, handler: Handler) -> Handler:
        """The handler of this monitor, whose streams end with it, and whose lines are of its engine."""
        empty = self._empty

        async def handle(request: Request) -> Answer:
            # Who serves is of no engine; what an order leads to is decided, and told of, in his task.
            with speaking_of(self._standing.name):
                answer = await handler(request)
            # Whoever looks at a monitor that is no more would take what it last said for what is.
            return broken_off(answer, empty.wait) if isinstance(answer, StreamingResponse) else answer

        return handle


@dataclass(frozen=True, slots=True)
class Wings:
    """All of them by name, and ``hall`` for what is asked of no engine."""

    by_name: Mapping[str, Handler] = field(hash=False)
    hall: Handler

    async def answer(self, request: Request) -> Answer:
        """The answer of the one that is meant."""
        if not request.path.startswith(PREFIX):
            return await self.hall(request)
        name, slash, rest = request.path.removeprefix(PREFIX).partition("/")
        handler = self.by_name.get(name)
        if handler is None:
            return refusal(404, _NOBODY)
        if not slash:
            # Seen from there: before all of it may be the path of a proxy.
            return Response(308, headers=(("Location", f"{name}/"),))
        return await handler(replace(request, path=f"/{rest}"))
