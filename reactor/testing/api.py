"""The world behind the Docker Engine API, version 1.41, on a real unix socket.

What belongs here is the way from a request to the call that answers it, and the engine's
going away and coming back. The calls themselves are in the modules named ``api_…``.
"""

import re
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import msgspec
import trio

from reactor.http.server import Answer, Request, Response, StreamingResponse, Terms, serve
from reactor.http.server_unix import open_unix_listener
from reactor.testing import api_containers, api_streams, api_system
from reactor.testing.api_call import Call
from reactor.testing.clock import SECOND
from reactor.testing.refusals import Refused
from reactor.testing.world import World

JSON = "application/json"
VERSION = re.compile(r"/v(\d+)\.(\d+)(/.*)")
OLDEST, NEWEST = (1, 12), (1, 41)

# A client of an engine may hold thousands of streams and keep idle connections for as long as it likes.
TERMS = Terms(body=4 * 1024 * 1024, idle_within=inf, connections=100_000)

Endpoint = Callable[[Call], Awaitable[Any]]

ENDPOINTS: tuple[tuple[str, re.Pattern[str], Endpoint], ...] = tuple(
    (method, re.compile(path), endpoint)
    for method, path, endpoint in (*api_system.ENDPOINTS, *api_containers.ENDPOINTS, *api_streams.ENDPOINTS)
)


async def serve_world(
    world: World,
    path: Path | str,
    *,
    task_status: trio.TaskStatus[Path] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve a world on a unix socket for ever, and let it happen; ``start`` it in a nursery.

    While the engine is down nobody listens and every connection is broken; the socket's file
    stays where it is, as after a crash.
    """
    where = Path(path)
    try:
        # The nursery is structural: the world lives exactly as long as its door.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(world.run)
            while True:
                await _serve_until_down(world, where, task_status)
                task_status = trio.TASK_STATUS_IGNORED
                await world.ground.rose.wait()
    finally:
        _remove(where)


async def _serve_until_down(world: World, where: Path, task_status: trio.TaskStatus[Path]) -> None:
    fell = world.ground.fell
    listener = await open_unix_listener(where)
    # Structural as well: a crash breaks every connection at once.
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, [listener], partial(answer, world), terms=TERMS))
        task_status.started(where)
        await fell.wait()
        nursery.cancel_scope.cancel()


def _remove(where: Path) -> None:
    where.unlink(missing_ok=True)


async def answer(world: World, request: Request) -> Answer:
    """Answer one request as an engine does, with its headers and its clock."""
    headers = _headers(world)
    try:
        found = await _call(world, request)
    except Refused as refused:
        found = _encoded(refused.status, {"message": refused.message})
    except msgspec.DecodeError as error:
        found = _encoded(400, {"message": f"invalid JSON: {error}"})
    if isinstance(found, StreamingResponse):
        return StreamingResponse(found.body, found.status, found.content_type, headers)
    if isinstance(found, Response):
        return Response(found.status, found.body, found.content_type, headers)
    return found


async def _call(world: World, request: Request) -> Answer:
    path = _unversioned(request.path)
    method = "GET" if request.method == "HEAD" else request.method
    for wanted, pattern, endpoint in ENDPOINTS:
        match = pattern.fullmatch(path) if wanted == method else None
        if match is not None:
            call = Call(world, request.query, request.body, match.groupdict())
            return _as_answer(await endpoint(call))
    raise Refused(404, "page not found")


def _unversioned(path: str) -> str:
    match = VERSION.fullmatch(path)
    if match is None:
        return path
    asked = (int(match[1]), int(match[2]))
    text = f"{match[1]}.{match[2]}"
    if asked > NEWEST:
        raise Refused(400, f"client version {text} is too new. Maximum supported API version is 1.41")
    if asked < OLDEST:
        raise Refused(
            400,
            f"client version {text} is too old. Minimum supported API version is 1.12, "
            "please upgrade your client to a newer version",
        )
    return match[3]


def _as_answer(found: Any) -> Answer:
    match found:
        case Response() | StreamingResponse():
            return found
        case int():
            return Response(found, content_type="")
        case (int() as status, document):
            return _encoded(status, document)
        case _:
            return _encoded(200, found)


def _encoded(status: int, document: Any) -> Response:
    return Response(status, msgspec.json.encode(document) + b"\n", JSON)


def _headers(world: World) -> list[tuple[str, str]]:
    return [
        ("Api-Version", "1.41"),
        ("Docker-Experimental", "false"),
        ("Ostype", "linux"),
        ("Server", "Docker/20.10.24 (linux)"),
        ("Date", formatdate(world.clock.nanos() / SECOND, usegmt=True)),
    ]
