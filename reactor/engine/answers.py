"""What an HTTP status or a broken call means, in the words of ``core.ports``.

An error status is what the engine said, and everything else is what became of the call.
"""

from reactor.core.ports import (
    DeadlinePassed,
    EngineAnswered,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    NoSuchContainer,
)
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.wire import message
from reactor.http.errors import AccessDenied, HttpError, ProtocolBroken, TimedOut, TooLarge

FORBIDDEN = frozenset({401, 403, 407})
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
    said = message(body)
    if status == 404 and NOBODY in said.lower():
        return NoSuchContainer(f"{what}: the engine does not know this container")
    return EngineAnswered(status, said)


def forbidden(status: int, what: str) -> EngineForbids:
    """The engine, or what stands before it, does not let us."""
    return EngineForbids(f"{what}: the engine or a proxy before it forbids this (status {status})")
