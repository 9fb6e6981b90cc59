"""Calls beside the lanes: over a client of their own, and with the whole answer.

Who makes containers needs more of an answer than its status, and waits for nobody who watches or acts. What
the answer means is for the caller to say.
"""

from reactor.engine.answers import FORBIDDEN, broken, forbidden
from reactor.engine.calls import DockerEngine
from reactor.engine.lanes import JSON
from reactor.http.client import NO_HEADERS, Client, Response
from reactor.http.errors import HttpError


async def call(
    engine: DockerEngine, client: Client, method: str, path: str, *, within: float, body: bytes = b""
) -> Response:
    """Whatever the engine answers, unless it says that we may not. A ``body`` is JSON."""
    what = f"{method} {path}"
    headers = JSON if body else NO_HEADERS
    target = await engine.versioned(path)
    try:
        answer = await client.request(method, target, within=within, headers=headers, body=body)
    except HttpError as error:
        raise broken(error, what) from error
    if answer.status in FORBIDDEN:
        raise forbidden(answer.status, what)
    return answer
