"""Why an engine did not make a container, or did not start it: from a status and words to a sentence.

The words are the engine's, and strangers' names are in them: they choose among a few sentences, and nothing
else follows from them. What is asked of an engine, and what is done after a refusal, is decided elsewhere.
"""

from enum import StrEnum

from reactor.core.container import Limits
from reactor.core.ports import CannotMake


class Why(StrEnum):
    """What stood in the way, as ``CannotMake.why`` has it."""

    IMAGE = "image"
    NAME = "name"
    BIND = "bind"
    PORT = "port"
    START = "start"
    REFUSED = "refused"


SAYINGS = {
    Why.IMAGE: "the image is not on the engine, and none is ever pulled: pull it there first",
    Why.NAME: "another container has its name already",
    Why.BIND: "a folder that it binds is not on the host: make it, or let it be made as a data folder",
    Why.PORT: "a port that it publishes is taken on the host: choose another, or none to be given a free one",
    Why.START: "its program, its user, a mount or its network is not as it has to be",
    Why.REFUSED: "the engine does not make it as it is written",
}
"""What is true, and what to do about it."""

NO_IMAGE = ("no such image", "image not known", "image not found")
NO_SOURCE = ("source path does not exist", "statfs ")
PORT_TAKEN = ("port is already allocated", "address already in use", "ports are not available")
NOBODY = "no such container"

NOT_THE_ENGINE = frozenset({429, 502, 503, 504})
"""What is said by something before the engine that did not reach it, or does not let us for now."""

LOOKED_AT = 8192
LONGEST = 240
BEGINNING = 60
"""An engine wraps what happened in what it was doing, so the end of its words is worth more."""


def not_created(status: int, words: str) -> CannotMake:
    """What an answer means that is not 201."""
    said = _looked_at(words)
    if status == 409:
        why = Why.NAME
    elif status == 404 and any(text in said for text in NO_IMAGE):
        why = Why.IMAGE
    elif any(text in said for text in NO_SOURCE):
        why = Why.BIND
    else:
        why = Why.REFUSED
    return _cannot(why, status, words)


def not_started(status: int, words: str) -> CannotMake:
    """What an answer means that is neither 204 nor 304, of a container that is there."""
    said = _looked_at(words)
    if any(text in said for text in PORT_TAKEN):
        return _cannot(Why.PORT, status, words)
    # A folder can go between the creation and the start.
    return _cannot(Why.BIND if any(text in said for text in NO_SOURCE) else Why.START, status, words)


def is_gone(status: int, words: str, container: str) -> bool:
    """Whether an answer says that the container itself is not there: one that it needs may not be, either."""
    said = _looked_at(words)
    return status == 404 and NOBODY in said and container in said


def refuse_unlimited(limits: Limits) -> None:
    """Raise CannotMake if a limit is missing or is none: nothing is made that could fill its host."""
    given = {"PIDs": limits.pids, "memory": limits.memory, "CPU": limits.cpu}
    missing = ", ".join(name for name, value in given.items() if value is None)
    if missing:
        raise CannotMake(Why.REFUSED, f"it has no limit of {missing}, and nothing is made without one")
    try:
        limits.refuse_bad()
    except ValueError as error:
        raise CannotMake(Why.REFUSED, f"its limits cannot be set: {error}") from None


def _cannot(why: Why, status: int, words: str) -> CannotMake:
    said = shown(words) or "no reason given"
    return CannotMake(why, f"{SAYINGS[why]} (the engine answered {status}: {said})")


def _looked_at(words: str) -> str:
    return words[-LOOKED_AT:].lower()


def shown(words: str) -> str:
    """A stranger's words on one line, without control characters; a long text loses its middle."""
    short = words if len(words) <= LONGEST else f"{words[:BEGINNING]}…{words[BEGINNING - LONGEST :]}"
    return "".join(char if char.isprintable() else "?" for char in short.strip())
