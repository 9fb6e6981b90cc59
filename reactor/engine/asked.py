"""All that an engine is ever asked, in one table: method, path, query, body, and what it is needed for.

A proxy before the engine needs to let through this and nothing else; its configuration and the documents are
made from the table, and a test holds the table to what is really asked. Making the calls is the business of
the modules beside this one, and how a proxy is told is that of the floor above.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

from reactor.engine import canaries, events

OLDEST_VERSION = 24
"""API 1.24: with an older one a container's rights can be changed by its start."""


class Need(StrEnum):
    """What a call is needed for. Whoever observes needs the first; each other one needs those as well."""

    OBSERVE = "observe"
    ACT = "act"
    LIMITS = "limits"
    LEFTOVERS = "leftovers"
    CANARY = "canary"
    SIDECARS = "sidecars"
    DATA = "data"


class Kind(Enum):
    """How long an answer may be silent: a question's, a stream's, and that of a call which does something."""

    QUESTION = "questions"
    STREAM = "streams"
    DEED = "deeds"


@dataclass(frozen=True, slots=True)
class Asked:
    """One call. What stands in braces is one of ``PARTS``, and all else is as it is sent.

    ``versioned`` tells that the API's version stands before the path. ``body`` is what may be in the body, as
    a regular expression, and ``most`` how many bytes that may be; without them there is none.
    """

    name: str
    method: str
    path: str
    why: str
    needs: tuple[Need, ...]
    query: str = ""
    kind: Kind = Kind.QUESTION
    versioned: bool = True
    body: str = ""
    most: int = 0

    @property
    def target(self) -> str:
        """Path and query, with its braces, and without a version."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def pattern(self) -> str:
        """What a request has to be, from its first byte to its last, as a regular expression.

        Nothing is decoded before: whatever could be read in two ways (``%2f``, ``//``, ``..``) is none of it.
        """
        version = rf"/v1\.({_VERSIONS})" if self.versioned else ""
        return f"^{version}{_filled(self.target)}$"

    def fits(self, method: str, target: str) -> bool:
        """Whether a request with this method and target is this call."""
        return method == self.method and re.fullmatch(self.pattern[1:-1], target) is not None

    def is_for(self, needs: Iterable[Need]) -> bool:
        """Whether any of these needs it."""
        return not set(self.needs).isdisjoint(needs)


_VERSIONS = "2[4-9]|[3-9][0-9]"
PARTS = {
    "id": "[0-9a-f]{64}",
    "seconds": "[0-9]{1,5}",
    "lines": "[0-9]{1,5}",
    "moment": r"[0-9]{1,12}(\.[0-9]{1,9})?",
    "image id": "(sha256:)?[0-9a-f]{64}",
    # No part of it is empty or made of dots alone, so it names nothing but an image.
    "image": "[A-Za-z0-9]+(([.]|_{1,2}|-+|:|@|/)[A-Za-z0-9]+)*",
    "name": "[A-Za-z0-9][A-Za-z0-9_.-]{1,200}",
    "whose": "[A-Za-z0-9:._%-]{1,200}",
}
"""What may stand in a request in the place of a word in braces. An id is a whole one: a name never is."""

_BRACES = re.compile(r"\{([a-z ]+)\}")
_ALL, _MAKE = (Need.OBSERVE,), (Need.SIDECARS, Need.CANARY)
# In the order in which the body is written, and with a number that is a limit: zero would lift it.
_LIMITS = r'^\{("(Memory|MemorySwap|PidsLimit|NanoCpus)": [1-9][0-9]{0,18}(, )?){1,4}\}$'
_ANY_JSON = r"^\{"


def _filled(template: str) -> str:
    """The template as a regular expression."""
    pieces = _BRACES.split(template)
    return "".join(PARTS[piece] if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))


def _canary() -> str:
    """The body that makes a canary, and no other container: only the image and its mark are open."""
    written = canaries.written("{image}", "{whose}").decode()
    pieces = re.split(r"\{(image|whose)\}", written)
    filled = (PARTS[piece] if at % 2 else re.escape(piece) for at, piece in enumerate(pieces))
    return f"^{''.join(filled)}$"


def _deed(name: str, path: str, why: str, needs: tuple[Need, ...], query: str = "") -> Asked:
    return Asked(name, "POST", path, why, needs, query, Kind.DEED)


CALLS: tuple[Asked, ...] = (
    Asked("version", "GET", "/version", "who the engine is, and its API version", _ALL, versioned=False),
    Asked("info", "GET", "/info", "who the engine is, its clock, what its host has", _ALL),
    Asked("list", "GET", "/containers/json", "the list", _ALL, "all=1"),
    Asked("inspect", "GET", "/containers/{id}/json", "a look, also right before each action", _ALL),
    Asked("layer", "GET", "/containers/{id}/json", "how large its own layer is", _ALL, "size=1"),
    Asked("labels", "GET", "/images/{image id}/json", "the labels that came with the image", _ALL),
    Asked(
        "events_since", "GET", "/events", "the event stream", _ALL,
        f"since={{moment}}&filters={events.FILTERS}", Kind.STREAM,
    ),
    Asked("events", "GET", "/events", "the same, from now", _ALL, f"filters={events.FILTERS}", Kind.STREAM),
    Asked(
        "stats", "GET", "/containers/{id}/stats", "the readings of a run", _ALL, "stream=true", Kind.STREAM
    ),
    Asked(
        "logs", "GET", "/containers/{id}/logs", "the last lines of output of who was ended", (Need.ACT,),
        "stdout=1&stderr=1&tail={lines}",
    ),
    _deed("kill", "/containers/{id}/kill", "the end", (Need.ACT,), query="signal=KILL"),
    _deed("stop", "/containers/{id}/stop", "the end, politely", (Need.ACT,), query="t={seconds}"),
    _deed("restart", "/containers/{id}/restart", "another run", (Need.ACT,), query="t={seconds}"),
    _deed("pause", "/containers/{id}/pause", "freezing", (Need.ACT,)),
    _deed("unpause", "/containers/{id}/unpause", "thawing", (Need.ACT,)),
    Asked(
        "update", "POST", "/containers/{id}/update", "limits, and nothing else that an update can change",
        (Need.LIMITS,), kind=Kind.DEED, body=_LIMITS, most=256,
    ),
    Asked(
        "remove", "DELETE", "/containers/{id}", "removal of what does not run; never of a volume",
        (Need.LEFTOVERS, Need.SIDECARS), "force=0&v=0", Kind.DEED,
    ),
    Asked(
        "make_canary", "POST", "/containers/create", "a canary, byte for byte", (Need.CANARY,),
        f"name={canaries.PREFIX}{{name}}", Kind.DEED, body=_canary(), most=2048,
    ),
    Asked(
        "make", "POST", "/containers/create", "a sidecar, or a service of a stack: any container",
        (Need.SIDECARS,), "name={name}", Kind.DEED, body=_ANY_JSON, most=12 * 1024,
    ),
    _deed("start", "/containers/{id}/start", "the start of one that was made so", _MAKE),
    Asked(
        "left", "GET", "/containers/json", "canaries that were left", (Need.CANARY,),
        f"all=1&filters=%7B%22label%22%3A%20%5B%22{canaries.LABEL}%3D{{whose}}%22%5D%7D",
    ),
    Asked(
        "take_away", "DELETE", "/containers/{id}", "canaries that were left", (Need.CANARY,),
        "force=1&v=1", Kind.DEED,
    ),
    Asked("image", "GET", "/images/{image}/json", "whether an image is there", (Need.SIDECARS,)),
    Asked("ports", "GET", "/containers/json", "which ports of the host are taken", (Need.SIDECARS,)),
    Asked("volumes", "GET", "/volumes", "which volumes are folders of the host", (Need.DATA,)),
)  # fmt: skip
