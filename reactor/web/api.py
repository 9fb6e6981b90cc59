"""The interface for runners: what came of decisions, page by page and as a stream, and certificates.

Only paths, JSON and the form of the stream belong here; what is told comes from ``Feed``, from the floor
above. A reader who does not take what is sent is cut by the server; nobody waits for him.
"""

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reactor.http.server import Answer, Handler, Request, Response, StreamingResponse, Terms, Writer
from reactor.http.server_routes import Routes, last_part
from reactor.web.control import JSON, Refused
from reactor.web.seats import Seats

log = logging.getLogger("reactor.web")

# Each address has a share: whoever takes all that he can get leaves room for the leases of others.
TERMS = Terms(body=64 * 1024, connections=128, each=32, streams=80, each_streams=24)
HEARTBEAT = 15.0
"""Seconds after which something is sent although nothing happened."""
MOST, USUAL = 1000, 100
STREAMS = 32
STREAM = "text/event-stream"
EVENT_ID = "last-event-id"

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some entries, each with its ``cursor``, and the cursor behind them."""

    entries: tuple[Told, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What can be asked. All raise Refused.

    ``page`` gives what is behind a cursor: empty for the oldest kept, ``now`` for the end. ``more`` does,
    too, and waits for so many seconds while there is nothing. ``certificate`` takes the id of a decision.
    ``before`` gives the last ones before a cursor, with the cursor to go on from towards the oldest.
    """

    page: Callable[[str, int], Awaitable[Batch]]
    more: Callable[[str, float], Awaitable[Batch]]
    certificate: Callable[[str], Awaitable[Told]]
    before: Callable[[str, int], Awaitable[Batch]] | None = None


def api(feed: Feed, seats: Seats | None = None) -> Routes:
    """The routes; who follows the stream takes one of these seats."""
    taken = seats if seats is not None else Seats(STREAMS)

    async def decisions(request: Request) -> Answer:
        limit = request.query.get("limit", str(USUAL))
        if not (limit.isascii() and limit.isdigit() and 0 < int(limit[:5]) <= MOST and len(limit) <= 4):
            return _json(400, {"error": f"'limit' is a whole number from 1 to {MOST}"})
        since, before, earlier = request.query.get("since", ""), request.query.get("before"), feed.before
        if before is not None and earlier is not None:
            return await _answer(lambda: _batch(earlier(before, int(limit))))
        return await _answer(lambda: _batch(feed.page(since, int(limit))))

    async def stream(request: Request) -> Answer:
        since = request.headers.get(EVENT_ID) or request.query.get("since", "") or "now"
        if not taken.has_room(request):
            return _json(503, {"error": "too many streams are open"})
        try:
            first = await feed.page(since, USUAL)
        except Refused as refused:
            return _json(refused.status, refused.told)

        async def body(writer: Writer) -> None:
            with taken.one(request) as has_room:
                if has_room:
                    await _follow(feed, first, writer)

        return StreamingResponse(body, content_type=STREAM, headers=[("Cache-Control", "no-store")])

    async def certificate(request: Request) -> Answer:
        return await _answer(lambda: feed.certificate(last_part(request)))

    return {
        "/api/v1/decisions": {"GET": decisions},
        "/api/v1/decisions/stream": {"GET": stream},
        "/api/v1/decisions/*": {"GET": certificate},
    }


async def _batch(found: Awaitable[Batch]) -> Told:
    batch = await found
    return {"decisions": list(batch.entries), "cursor": batch.cursor}


async def _follow(feed: Feed, batch: Batch, writer: Writer) -> None:
    """Send until the reader goes, or until his cursor is worth nothing any more."""
    # Where he stands comes first: who is cut before anything happened goes on from there, too.
    if not batch.entries:
        await writer.send(_event("hello", batch.cursor, {"cursor": batch.cursor}))
    while True:
        for entry in batch.entries:
            await writer.send(_event("decision", str(entry["cursor"]), entry))
        try:
            batch = await feed.more(batch.cursor, HEARTBEAT)
        except Refused as refused:
            log.info("a stream of decisions ends", extra={"why": str(refused.told.get("error", ""))})
            return
        if not batch.entries:
            await writer.send(b": nothing new\n\n")


def _event(kind: str, cursor: str, told: Told) -> bytes:
    # JSON has no line breaks of its own here, and is ASCII: nothing of a stranger's ends an event early.
    return f"id: {cursor}\nevent: {kind}\ndata: {json.dumps(told)}\n\n".encode()


def guarded(handler: Handler, token: bytes) -> Handler:
    """Only for those who show the token; how far a wrong one is right cannot be told from the time taken."""
    wanted = b"Bearer " + token

    async def handle(request: Request) -> Answer:
        shown = request.headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(shown, wanted):
            told = json.dumps({"error": "a token is needed: Authorization: Bearer TOKEN"}).encode()
            return Response(401, told + b"\n", JSON, [("WWW-Authenticate", "Bearer")])
        return await handler(request)

    return handle


async def _answer(tell: Callable[[], Awaitable[Told]]) -> Response:
    try:
        return _json(200, await tell())
    except Refused as refused:
        return _json(refused.status, refused.told)
    except Exception as error:  # A question that cannot be answered must not end the monitor.
        log.exception("a defect: a question of a runner could not be answered")
        return _json(500, {"error": f"this could not be answered: {type(error).__name__}"})


def _json(status: int, told: Told) -> Response:
    return Response(status, json.dumps(told).encode() + b"\n", JSON)
