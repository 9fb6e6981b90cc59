"""Leases over HTTP: taken, renewed, held by an open connection, given up, listed.

Only paths, methods and JSON belong here; what a lease is, is in ``owners.book``. ``with_leases`` puts these
paths before any other handler, so that the control socket and a TCP listener can both have them.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import trio

from reactor.core.language.printing import tame
from reactor.http.server import Aborted, Answer, Handler, Request, Response, StreamingResponse, Writer
from reactor.http.server_crowd import Crowd
from reactor.owners.book import LeaseBook
from reactor.owners.lease import Lease, LeaseRefused

log = logging.getLogger("reactor.web")

PATH = "/api/v1/leases"
JSON = "application/json"
_CONFLICT = 409
BEAT = 5.0
"""Seconds between two signs of life on a connection that holds a lease."""
LONGEST_HOLDER = 128
USUAL_TTL = 30.0
MOST_HOLDS = 8
"""Connections that may hold leases at once on the control socket, which has room for few."""
MOST_HOLDS_OVER_TCP, EACH_HOLDS = 48, 24
"""On one listener, and from one address."""


@dataclass(slots=True)
class LeaseDesk:
    """Who is asked at one place. ``written`` waits until what was changed is on its way to the disk.

    Each place has seats of its own: whoever takes all those of one takes none of another.
    """

    book: LeaseBook
    written: Callable[[], Awaitable[None]]
    most_holds: int = MOST_HOLDS
    each_holds: int = EACH_HOLDS
    holds: Crowd = field(init=False)

    def __post_init__(self) -> None:
        """Begin with all seats free."""
        self.holds = Crowd(self.most_holds, self.each_holds)

    def over_tcp(self) -> "LeaseDesk":
        """A desk for the same leases at another place, with more seats."""
        return LeaseDesk(self.book, self.written, MOST_HOLDS_OVER_TCP)


@dataclass(frozen=True, slots=True)
class _Asked:
    ttl: int | float
    token: int | None
    holder: str


def with_leases(otherwise: Handler, desk: LeaseDesk) -> Handler:
    """The handler of the leases' paths, and of all others as before."""

    async def handle(request: Request) -> Answer:
        path = request.path
        if path != PATH and not path.startswith(f"{PATH}/"):
            return await otherwise(request)
        try:
            return await _answer(desk, request, path[len(PATH) + 1 :])
        except LeaseRefused as refused:
            if refused.status == _CONFLICT:
                desk.book.refused()
            return _json(refused.status, {"error": str(refused)})
        except Exception as error:  # What cannot be answered must not end the monitor.
            log.exception("a defect: a lease could not be answered")
            return _json(500, {"error": f"this could not be answered: {type(error).__name__}"})

    return handle


async def _answer(desk: LeaseDesk, request: Request, rest: str) -> Answer:
    name, slash, verb = rest.partition("/")
    match request.method, bool(name), slash + verb:
        case "GET" | "HEAD", False, "":
            now = trio.current_time()
            return _json(200, {"leases": [_told(desk.book, each, now) for each in desk.book.leases()]})
        case "GET" | "HEAD", True, "":
            return _json(200, _told(desk.book, desk.book.lease(name), trio.current_time()))
        case "PUT", True, "":
            return await _put(desk, name, _asked(request))
        case "DELETE", True, "":
            desk.book.give_up(name, _token(request.query.get("token")), trio.current_time())
            await desk.written()
            return _json(200, {"name": name, "given_up": True})
        case "POST", True, "/hold":
            return await _hold(desk, name, _asked(request), request.peer.address)
    raise LeaseRefused(404, f"a lease is got, put or deleted at {PATH}/NAME, held at {PATH}/NAME/hold")


async def _put(desk: LeaseDesk, name: str, asked: _Asked) -> Response:
    now = trio.current_time()
    if asked.token is not None:
        return _json(200, _told(desk.book, desk.book.renew(name, asked.token, asked.ttl, now), now))
    lease = desk.book.take(name, asked.ttl, asked.holder, now)
    # Whoever has a token has to be able to come back with it, also to the next monitor.
    await desk.written()
    return _json(201, _told(desk.book, lease, now))


async def _hold(desk: LeaseDesk, name: str, asked: _Asked, who: str) -> StreamingResponse:
    if not desk.holds.has_room(who):
        raise LeaseRefused(503, "as many connections hold leases already as may; renew by PUT instead")
    now = trio.current_time()
    if asked.token is None:
        lease = desk.book.take(name, asked.ttl, asked.holder, now)
        await desk.written()
    else:
        lease = desk.book.renew(name, asked.token, asked.ttl, now)
    said = json.dumps(_told(desk.book, lease, now)).encode() + b"\n"

    async def body(writer: Writer) -> None:
        with desk.holds.one(who) as has_room:
            if not has_room:
                raise Aborted(reset=False)
            await _keep(desk.book, lease, said, writer)

    return StreamingResponse(body, 200, JSON)


async def _keep(book: LeaseBook, lease: Lease, said: bytes, writer: Writer) -> None:
    name, token = lease.kept.name, lease.kept.token
    try:
        book.hold(name, token, trio.current_time())
    except LeaseRefused:
        # Between the question and now somebody else gave it up, or took it.
        raise Aborted(reset=False) from None
    try:
        await writer.send(said)
        # Should it be given up meanwhile, nobody is let believe that he holds it.
        while book.holds(name, token):
            await writer.send(b"\n")
            await trio.sleep(BEAT)
    finally:
        book.let_go(name, token, trio.current_time())


def _asked(request: Request) -> _Asked:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not body.keys() <= {"ttl", "token", "holder"}:
        raise LeaseRefused(400, 'the body is JSON such as {"ttl": 30}, with the token to renew, or a holder')
    ttl, holder = body.get("ttl", USUAL_TTL), body.get("holder", "")
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not isinstance(holder, str):
        raise LeaseRefused(400, "ttl is a number of seconds, holder a text")
    token = _token(body["token"]) if "token" in body else None
    return _Asked(ttl, token, tame(holder, LONGEST_HOLDER))


def _token(written: object) -> int:
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 19:
        return int(written)
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    raise LeaseRefused(400, "the token is the number that came with the lease")


def _told(book: LeaseBook, lease: Lease, now: float) -> dict[str, Any]:
    kept, found = lease.kept, book.look(lease.kept.name, now)
    return {
        "name": kept.name,
        "token": kept.token,
        "ttl": kept.ttl,
        "holder": kept.holder,
        "state": found.presence.value,
        "said": found.why,
        "connections": lease.holds,
    }


def _json(status: int, told: dict[str, Any]) -> Response:
    return Response(status, json.dumps(told).encode() + b"\n", JSON)
