"""What can be asked of a running monitor, and told to it, on its control socket.

The socket belongs to the user who runs the monitor (mode 0600): whoever can open it may reload the
rules and let held ones act. Only paths, methods and JSON belong here; what is done is told by
``Controls``, from the floor above.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from reactor.http.server import Answer, Handler, Request, Response, Terms
from reactor.http.server_routes import Routes, routed

log = logging.getLogger("reactor.web")

JSON = "application/json"
TERMS = Terms(body=64 * 1024, connections=16)

NO_ROUTES: Routes = MappingProxyType({})

Told = Mapping[str, Any]


class Refused(Exception):
    """It cannot be done: an HTTP status, and what to tell."""

    def __init__(self, status: int, told: Told) -> None:
        super().__init__(f"{status}: {told}")
        self.status = status
        self.told = told


@dataclass(frozen=True, slots=True)
class Reader:
    """Who lets held rules act, and by which token; ``unread`` asks for whatever is held at that moment."""

    who: str
    token: str = ""
    unread: bool = False


More = Mapping[str, Mapping[str, Callable[[Mapping[str, str]], Told]]]
"""Further orders: by path and method, from the query to what is told."""


@dataclass(frozen=True, slots=True)
class Order:
    """Somebody wants a container ended: just the run that began at ``started_at``, if that is given.

    ``sure`` tells that he knows whom rules would spare.
    """

    container: str
    who: str
    why: str = ""
    cascade: bool = False
    sure: bool = False
    started_at: str = ""


Kept = Callable[[], Awaitable[bool]]
"""Waits for a moment until what was just ordered is on the disk; False if it is not there yet."""


async def always() -> bool:
    """Nothing is written down, and nothing lost."""
    return True


@dataclass(frozen=True, slots=True)
class Controls:
    """What the monitor lets itself be asked and told. Each gives what is told as JSON, or raises Refused."""

    status: Callable[[], Told]
    explain: Callable[[str], Told]
    reload: Callable[[], Awaitable[Told]]
    acknowledge: Callable[[Reader], Told]
    kill: Callable[[Order], Told]
    more: More = field(default_factory=dict)
    kept: Kept = always


def control(controls: Controls, more: Routes = NO_ROUTES) -> Handler:
    """The handler of the control socket; ``more`` is answered there, too."""
    further = _further(controls.more, controls.kept)
    return routed({**_questions(controls), **_orders(controls), **more, **further})


def _questions(controls: Controls) -> Routes:
    """What changes nothing."""

    async def status(_: Request) -> Answer:
        return answer(controls.status)

    async def healthy(_: Request) -> Answer:
        # Whoever reads this had an answer from the loop: there is nothing else to ask.
        return _json(200, {"healthy": True})

    async def explain(request: Request) -> Answer:
        wanted = request.query.get("container", "")
        if not wanted:
            return _json(400, {"error": "name a container: ?container=NAME or an id"})
        return answer(lambda: controls.explain(wanted))

    return {
        "/-/healthy": {"GET": healthy},
        "/v1/status": {"GET": status},
        "/v1/explain": {"GET": explain},
    }


def _orders(controls: Controls) -> Routes:
    """What somebody wants to be done."""

    async def reload(_: Request) -> Answer:
        try:
            return _json(200, await controls.reload())
        except Refused as refused:
            return _json(refused.status, refused.told)
        except Exception as error:  # noqa: BLE001  # As in answer.
            return _failed(error)

    async def acknowledge(request: Request) -> Answer:
        query = request.query
        reader = Reader(query.get("who", ""), query.get("token", ""), query.get("unread", "") == "yes")
        return await answer_kept(lambda: controls.acknowledge(reader), controls.kept)

    async def kill(request: Request) -> Answer:
        query = request.query
        order = Order(
            query.get("container", ""),
            query.get("who", ""),
            query.get("why", ""),
            cascade=query.get("cascade", "") == "yes",
            sure=query.get("sure", "") == "yes",
            started_at=query.get("started_at", ""),
        )
        return answer(lambda: controls.kill(order))

    return {
        "/-/reload": {"POST": reload},
        "/v1/ack": {"POST": acknowledge},
        "/v1/kill": {"POST": kill},
    }


def _further(more: More, kept: Kept) -> dict[str, dict[str, Handler]]:
    def handler(tell: Callable[[Mapping[str, str]], Told]) -> Handler:
        async def handle(request: Request) -> Answer:
            if request.method == "GET":
                return answer(lambda: tell(request.query))
            return await answer_kept(lambda: tell(request.query), kept)

        return handle

    return {path: {method: handler(tell) for method, tell in ways.items()} for path, ways in more.items()}


async def answer_kept(tell: Callable[[], Told], kept: Kept) -> Response:
    """What is told of an order, and ``on_disk``: whether a monitor that begins anew will know of it."""
    try:
        told = tell()
        return _json(200, {**told, "on_disk": await kept()})
    except Refused as refused:
        return _json(refused.status, refused.told)
    except Exception as error:  # noqa: BLE001  # As in answer.
        return _failed(error)


def answer(tell: Callable[[], Told]) -> Response:
    """What is told as JSON, also that it is refused."""
    try:
        return _json(200, tell())
    except Refused as refused:
        return _json(refused.status, refused.told)
    except Exception as error:  # noqa: BLE001  # A question that cannot be answered must not end the monitor.
        return _failed(error)


def refusal(status: int, why: str) -> Response:
    """That something is not done, in a sentence."""
    return _json(status, {"error": why})


def _failed(error: Exception) -> Response:
    log.error("a defect: the control socket could not answer", exc_info=error)
    return _json(500, {"error": f"this could not be answered: {type(error).__name__}; see the monitor's log"})


def _json(status: int, told: Told) -> Response:
    # ASCII only: what strangers wrote reaches no terminal as it is, whoever reads this.
    return Response(status, json.dumps(told).encode() + b"\n", JSON)
