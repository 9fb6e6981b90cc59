"""Three lanes to one engine that share nothing: questions, actions and streams.

A lane cannot be held up by another one, not even by connections that are slow to be made. What
went wrong is told in the words of ``core.ports``; nothing is repeated here.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import trio

from reactor.engine import wire
from reactor.engine.answers import FORBIDDEN, broken, forbidden, of_proxy, refusal
from reactor.http.address import Address
from reactor.http.client import NO_HEADERS, Answering, Client, Response
from reactor.http.errors import HttpError

JSON = {"content-type": "application/json"}
_NO_SUCH = 404
LONGEST_REFUSAL = 64 * 1024
REFUSAL_TAKES = 1.0
"""How long a stream that was refused may take to say why, in seconds."""


class Lanes:
    """The ways to an engine at this address; a path is complete, with its version."""

    def __init__(self, address: Address) -> None:
        self._questions = Client(address)
        self._actions = Client(address)
        self._streams = Client(address)

    async def ask(self, path: str, within: float) -> Response:
        """Ask a question; only an answer with the status 200 comes back."""
        what = f"GET {path}"
        try:
            answer = await self._questions.request("GET", path, within=within)
        except HttpError as error:
            raise broken(error, what) from error
        if refused := refusal(answer.status, answer.body, what):
            raise refused
        return answer

    async def act(self, path: str, within: float, *, method: str = "POST", body: bytes = b"") -> int:
        """Have something done; whatever status comes back is the answer, unless it says that we may not.

        A ``body`` is JSON.
        """
        return (await self._done(method, path, within, body)).status

    async def knows(self, path: str, within: float, body: bytes) -> bool:
        """Whether there is such a call to be made: a path that is none is refused without a word in JSON."""
        answer = await self._done("POST", path, within, body)
        return answer.status != _NO_SUCH or bool(wire.reason(answer.body))

    async def _done(self, method: str, path: str, within: float, body: bytes) -> Response:
        what = f"{method} {path}"
        headers = JSON if body else NO_HEADERS
        try:
            answer = await self._actions.request(method, path, within=within, headers=headers, body=body)
        except HttpError as error:
            raise broken(error, what) from error
        if answer.status in FORBIDDEN:
            raise forbidden(answer.status, what)
        if lost := of_proxy(answer.status, answer.body, what):
            raise lost
        return answer

    @asynccontextmanager
    async def stream(self, path: str, within: float) -> AsyncIterator[Answering]:
        """Open a stream; ``within`` is for the beginning of its answer."""
        what = f"GET {path}"
        async with AsyncExitStack() as stack:
            try:
                answer = await stack.enter_async_context(
                    self._streams.open_stream("GET", path, within=within)
                )
                reason = b"" if answer.status == 200 else await _reason(answer)
            except HttpError as error:
                raise broken(error, what) from error
            if refused := refusal(answer.status, reason, what):
                raise refused
            yield answer


async def _reason(answer: Answering) -> bytes:
    with trio.move_on_after(REFUSAL_TAKES):
        return await answer.body(LONGEST_REFUSAL)
    return b""
