"""Changes as they come, for whoever looks: decisions at once, everything else once a second at most.

One event stream for each viewer. What it starts with is the whole of what he wants to see, so that nothing
but the decisions has to be resumed: these go on behind the last one that he got. Nothing is kept for a
viewer who does not read: he is cut by the server.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import trio

from reactor.http.server import (
    Aborted,
    Answer,
    ClientGone,
    Handler,
    Request,
    Response,
    StreamingResponse,
    Writer,
)
from reactor.web.api import EVENT_ID, STREAM, USUAL, Batch, Feed
from reactor.web.control import JSON, Refused
from reactor.web.queries import Wanted, wanted
from reactor.web.seats import Seats

log = logging.getLogger("reactor.web")

Event = tuple[str, Mapping[str, Any]]
PATIENCE = 15.0
"""Seconds for which a wait for decisions lasts before it is begun again."""


class Stream(Protocol):
    """What one viewer is told beside decisions."""

    async def news(self) -> tuple[Event, ...]:
        """What has changed since the last time, as soon as it is time again; each with its name."""
        ...


@dataclass(frozen=True, slots=True)
class _Begin:
    """Where a viewer stands at first: the ``cursor`` before all that he is told.

    ``anew`` tells that the one that he came with is worth nothing any more.
    """

    batch: Batch
    cursor: str
    anew: bool = False


def stream_of(feed: Feed, watch: Callable[[Wanted], Stream], seats: Seats) -> Handler:
    """The handler of the stream; each viewer takes one of these seats."""

    async def handle(request: Request) -> Answer:
        if not seats.has_room(request):
            return _json(503, {"error": "too many streams are open"})
        since = request.headers.get(EVENT_ID) or request.query.get("since", "") or "now"
        try:
            stream, first = watch(wanted(request.query)), await _first(feed, since)
        except Refused as refused:
            return _json(refused.status, refused.told)

        async def body(writer: Writer) -> None:
            with seats.one(request) as has_room:
                if has_room:
                    await _Telling(feed, stream, writer).run(first)

        return StreamingResponse(body, content_type=STREAM, headers=[("Cache-Control", "no-store")])

    return handle


async def _first(feed: Feed, since: str) -> _Begin:
    """What the stream begins with. A cursor that is worth nothing any more is that of a journal that is gone:
    the viewer sees what there is now."""
    try:
        batch = await feed.page(since, USUAL)
    except Refused as refused:
        if refused.status != 410:
            raise
        batch = await feed.page("now", USUAL)
        return _Begin(batch, batch.cursor, anew=True)
    # Not the one behind the entries: who is cut before he has them all would never see the others.
    return _Begin(batch, since if batch.entries else batch.cursor)


class _Telling:
    """One viewer's stream while it lasts."""

    def __init__(self, feed: Feed, stream: Stream, writer: Writer) -> None:
        self._feed, self._stream, self._writer = feed, stream, writer
        self._turn = trio.Lock()
        self._gone: Exception | None = None

    async def run(self, begin: _Begin) -> None:
        """Tell until the viewer goes, or until nothing more can be told."""
        first, told = begin.batch, {"cursor": begin.cursor, **({"anew": True} if begin.anew else {})}
        await self._writer.send(_event("hello", told, begin.cursor))
        # Structural: two sources that come at their own times, and one reader.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._until_gone, self._decisions, nursery.cancel_scope, first)
            nursery.start_soon(self._until_gone, self._changes, nursery.cancel_scope, first)
        if self._gone is not None:
            raise self._gone

    async def _until_gone(self, tell: Any, scope: trio.CancelScope, first: Batch) -> None:
        try:
            await tell(first)
        except (ClientGone, Aborted) as error:
            # Kept and raised outside: a nursery would wrap it in a group.
            self._gone = error
        except Refused as refused:
            log.info("a stream of the status page ends", extra={"why": str(refused.told.get("error", ""))})
        except Exception:  # A defect here must end one stream, and not the monitor.
            log.exception("a defect: a stream of the status page broke")
        scope.cancel()

    async def _decisions(self, batch: Batch) -> None:
        while True:
            for entry in batch.entries:
                await self._send(_event("decision", entry, str(entry["cursor"])))
            batch = await self._feed.more(batch.cursor, PATIENCE)

    async def _changes(self, _: Batch) -> None:
        while True:
            for kind, told in await self._stream.news():
                await self._send(_event(kind, told))

    async def _send(self, event: bytes) -> None:
        async with self._turn:
            await self._writer.send(event)


def _event(kind: str, told: Mapping[str, Any], cursor: str = "") -> bytes:
    # JSON has no line breaks of its own here: nothing of a stranger's ends an event early.
    head = f"id: {cursor}\n" if cursor else ""
    return f"{head}event: {kind}\ndata: ".encode() + msgspec.json.encode(told) + b"\n\n"


def _json(status: int, told: Mapping[str, Any]) -> Response:
    return Response(status, msgspec.json.encode(told) + b"\n", JSON)
