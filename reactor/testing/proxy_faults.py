"""What a fault proxy can do to an answer, and how it tells requests apart.

Only the words belong here; how a fault is carried out is in ``proxy``.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """Reset the connection after ``after`` bytes of the answer's body."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Truncate:
    """End the connection in order, in the middle of the first piece of the body."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing more after ``after`` bytes of the body; the connection stays open."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class BlackHole:
    """Take the request and do nothing with it: the engine never hears of it."""


@dataclass(frozen=True, slots=True)
class Swallow:
    """Let the request through and the engine do it; then reset the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Let the request through at once and the answer ``seconds`` late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Say:
    """Answer in the engine's place, as a proxy that forbids does."""

    status: int
    body: bytes = b"<html><body><h1>403 Forbidden</h1></body></html>"
    content_type: str = "text/html"


Fault = Cut | Truncate | Stall | BlackHole | Swallow | Delay | Say

KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?:{method}) (?:/v[\d.]+)?{path}(?:\?|$)"))
    for kind, method, path in (
        ("ping", "GET|HEAD", "/_ping"),
        ("version", "GET", "/version"),
        ("info", "GET", "/info"),
        ("events", "GET", "/events"),
        ("list", "GET", "/containers/json"),
        ("inspect", "GET", "/containers/[^/]+/json"),
        ("stats", "GET", "/containers/[^/]+/stats"),
        ("kill", "POST", "/containers/[^/]+/kill"),
        ("stop", "POST", "/containers/[^/]+/stop"),
        ("restart", "POST", "/containers/[^/]+/restart"),
        ("pause", "POST", "/containers/[^/]+/pause"),
        ("unpause", "POST", "/containers/[^/]+/unpause"),
        ("update", "POST", "/containers/[^/]+/update"),
        ("remove", "DELETE", "/containers/[^/]+"),
        ("logs", "GET", "/containers/[^/]+/logs"),
        ("image", "GET", "/images/.+/json"),
        ("create", "POST", "/containers/create"),
        ("start", "POST", "/containers/[^/]+/start"),
    )
)


def kind_of(line: str) -> str:
    """Which kind of call a request line such as ``GET /events HTTP/1.1`` begins; ``other`` if none."""
    asked = line.rpartition(" ")[0]
    return next((kind for kind, pattern in KINDS if pattern.match(asked)), "other")
