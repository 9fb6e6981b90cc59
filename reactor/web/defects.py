"""What becomes of a defect while somebody is answered: a 500 and a line in the log, and the monitor goes on.

It stands before everything that is answered on a socket, since what a handler raises ends the server. That
somebody is cancelled or went away is no defect.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace

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
from reactor.web.control import JSON

log = logging.getLogger("reactor.web")

_TOLD = "this could not be answered; see the monitor's log"
_BROKEN = 500


def nobody() -> None:
    """Nobody counts defects."""


def unbroken(handler: Handler, count: Callable[[], None] = nobody) -> Handler:
    """The handler, whose defects are answered, logged and counted; those that it answers itself count too."""

    async def handle(request: Request) -> Answer:
        try:
            answer = await handler(request)
        except (Aborted, ClientGone):
            raise
        except Exception:
            log.exception("a defect: a request could not be answered", extra={"method": request.method})
            answer = Response(_BROKEN, json.dumps({"error": _TOLD}).encode() + b"\n", JSON)
        if isinstance(answer, Response) and answer.status == _BROKEN:
            count()
        return _unbroken(answer, count) if isinstance(answer, StreamingResponse) else answer

    return handle


def _unbroken(answer: StreamingResponse, count: Callable[[], None]) -> StreamingResponse:
    async def body(writer: Writer) -> None:
        try:
            await answer.body(writer)
        except (Aborted, ClientGone):
            raise
        except Exception:
            log.exception("a defect: a stream broke")
            count()
            # Its reader must not take it for complete.
            raise Aborted(reset=False) from None

    return replace(answer, body=body)
