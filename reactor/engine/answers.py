"""What an HTTP status or a broken call means, in the words of ``core.ports``.

An error status is what the engine said, and everything else is what became of the call.
"""

from reactor.core.ports import (
    DeadlinePassed,
    EngineAnswered,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    GivenUp,
    NoSuchContainer,
)
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.wire import message, reason
from reactor.http.errors import AccessDenied, HttpError, ProtocolBroken, TimedOut, TooLarge

FORBIDDEN = frozenset({401, 403, 407})
BETWEEN = frozenset({502, 503, 504})
GAVE_UP = 504
NOBODY = "no such container"
"""How engines say it, whatever else is in the sentence. A proxy's own 404 does not, and means nothing."""


def broken(error: HttpError, what: str) -> EngineError:
    """What a call means that did not come to a whole answer."""
    if isinstance(error, AccessDenied):
        return EngineForbids(f"{what}: {error}; the user must be in the group of the socket")
    if isinstance(error, TimedOut) and error.sent:
        return DeadlinePassed(f"{what}: {error}")
    if isinstance(error, ProtocolBroken | TooLarge):
        return EngineSaidNonsense(f"{what}: {error}")
    return EngineUnreachable(f"{what}: {error}")


def refusal(status: int, body: bytes, what: str) -> EngineError | None:
    """What an answer to a question means that is not what was asked for; None if it is."""
    if status == 200:
        return None
    if status in FORBIDDEN:
        return forbidden(status, what)
    if lost := of_proxy(status, body, what):
        return lost
    said = message(body)
    if status == 404 and NOBODY in said.lower():
        return NoSuchContainer(f"{what}: the engine does not know this container")
    return EngineAnswered(status, said)


def of_proxy(status: int, body: bytes, what: str) -> EngineUnreachable | None:
    """What it means that something before the engine answered in its place; None if the engine did.

    An engine gives a reason, as JSON, with everything that it refuses; a proxy that did not get an answer has
    none, or a page for people. One that waited no longer says nothing of what became of the call.
    """
    if status not in BETWEEN or reason(body):
        return None
    if status == GAVE_UP:
        return GivenUp(f"{what}: a proxy before the engine did not wait longer for it (status {status})")
    return EngineUnreachable(f"{what}: a proxy before the engine does not reach it (status {status})")


def forbidden(status: int, what: str) -> EngineForbids:
    """The engine, or what stands before it, does not let us."""
    return EngineForbids(f"{what}: the engine or a proxy before it forbids this (status {status})")
