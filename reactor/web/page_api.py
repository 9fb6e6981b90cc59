"""What the status page and ``reactor top`` read: containers, rules, health, as JSON; and the page itself.

Only paths, queries and JSON are here; what is told comes from ``Desk``, from the floor above. Nothing here
can be told to do anything. The stream of changes is in ``page_stream``.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from reactor.http.server import Answer, Handler, Request, Response
from reactor.http.server_routes import Routes, last_part
from reactor.web.api import Feed, api
from reactor.web.control import JSON, Refused
from reactor.web.files import page_files
from reactor.web.page_stream import Stream, stream_of
from reactor.web.queries import Wanted, wanted
from reactor.web.seats import Seats, uncounted

log = logging.getLogger("reactor.web")

Told = Mapping[str, Any]
Answering = Callable[[Request], Awaitable[Any]]
STREAMS = 16
"""Viewers at a time, half of them from one address; each has a connection, and the server has more of them
for everybody else."""
_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class Desk(Protocol):
    """What can be asked. All raise Refused."""

    def status(self) -> Told:
        """How the monitor is."""
        ...

    async def containers(self, wanted: Wanted) -> msgspec.Raw:
        """Some containers as rows."""
        ...

    async def container(self, wanted: str) -> Told:
        """One container, and what every rule makes of it."""
        ...

    async def rules(self) -> msgspec.Raw:
        """The rules in force."""
        ...

    def reconciles(self) -> Told:
        """What the latest lists told."""
        ...

    def watch(self, wanted: Wanted) -> Stream:
        """Some containers and the health, again and again."""
        ...


def page(
    desk: Desk, feed: Feed, turned_away: Callable[[], None] = uncounted, streams: int = STREAMS
) -> Routes:
    """The routes of the page and of all that it asks for; ``turned_away`` hears of viewers without a seat."""

    def seats() -> Seats:
        return Seats(streams, (streams + 1) // 2, turned_away)

    async def status(_: Request) -> Any:
        return desk.status()

    async def containers(request: Request) -> Any:
        return await desk.containers(wanted(request.query))

    async def container(request: Request) -> Any:
        return await desk.container(last_part(request))

    async def rules(_: Request) -> Any:
        return await desk.rules()

    async def reconciles(_: Request) -> Any:
        return desk.reconciles()

    told: Mapping[str, Answering] = {
        "/api/v1/status": status,
        "/api/v1/containers": containers,
        "/api/v1/containers/*": container,
        "/api/v1/rules": rules,
        "/api/v1/reconciles": reconciles,
    }
    return {
        **page_files(),
        **api(feed, seats()),
        **{path: {"GET": _answering(tell)} for path, tell in told.items()},
        "/api/v1/stream": {"GET": stream_of(feed, desk.watch, seats())},
    }


def _answering(tell: Answering) -> Handler:
    async def handle(request: Request) -> Answer:
        try:
            return _json(200, await tell(request))
        except Refused as refused:
            return _json(refused.status, refused.told)
        except Exception as error:  # A question that cannot be answered must not end the monitor.
            log.exception("a defect: a question of the status page could not be answered")
            return _json(500, {"error": f"this could not be answered: {type(error).__name__}"})

    return handle


def _json(status: int, told: Any) -> Response:
    return Response(status, msgspec.json.encode(told) + b"\n", JSON, _HEADERS)
