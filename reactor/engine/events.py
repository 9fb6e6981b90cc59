"""The lines of the event stream, made into events of containers or passed over.

Only a line's type, action, id and time are believed. Its other attributes can be written by
whoever writes labels, and the text behind an action's colon by whoever may exec.
"""

import json
import re
from typing import Any
from urllib.parse import quote

import msgspec

from reactor.core.container import ContainerId
from reactor.core.ports import Event
from reactor.engine.decode import FULL_ID
from reactor.engine.streaming import StreamLines, parse_line, refuse_object
from reactor.engine.times import since as written
from reactor.http.lines import Lines

LONGEST = 1024 * 1024
"""Longer lines are read past and counted.

Labels and command lines are as long as a stranger likes. Ending the stream for one would let
that stranger blind us, again and again, as the line comes back with each overlap; missing a
wake-up costs no more than the time until the next list.
"""

# Filters on the server are prefix matches on whatever a container says of itself, so there is only this one.
FILTERS = quote(json.dumps({"type": ["container"]}, separators=(",", ":")))

# What happens within a container or is only looked at: probes alone would be most of the stream. It is
# matched at the very beginning of a line, where the engine writes and no label can stand.
_NOISE = re.compile(
    rb'\{"(?:status":"|Type":"container","Action":")'
    rb'(?:exec_|top"|resize"|attach"|detach"|archive-path"|extract-to-dir"|export"|copy")'
)
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_ALIASES = {"died": "die", "remove": "destroy"}
"""Podman's words where they differ from Docker's."""


class AttributesBody(msgspec.Struct):
    """The two attributes that are read, and only as far as labels allow."""

    exit_code: Any = msgspec.field(name="exitCode", default=None)
    signal: Any = None


class ActorBody(msgspec.Struct):
    """Whom an event is about."""

    id: str = msgspec.field(name="ID", default="")
    attributes: AttributesBody | None = msgspec.field(name="Attributes", default=None)


class EventBody(msgspec.Struct):
    """An object of GET /events; with a message instead, an error in its place."""

    type: str = msgspec.field(name="Type", default="")
    action: str = msgspec.field(name="Action", default="")
    actor: ActorBody | None = msgspec.field(name="Actor", default=None)
    scope: str = "local"
    time: int = 0
    time_nano: int = msgspec.field(name="timeNano", default=0)
    message: str = ""


class EventStream:
    """The events of a subscription; the iteration raises StreamEnded, always."""

    def __init__(self, lines: Lines) -> None:
        self._lines = StreamLines(lines, "event")

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> Event:
        while (event := read(await self._lines.next())) is None:
            pass
        return event


def target(since: float | None) -> str:
    """The path of a subscription from ``since`` on, in the engine's clock."""
    begin = "" if since is None else f"since={written(since)}&"
    return f"/events?{begin}filters={FILTERS}"


def read(line: bytes) -> Event | None:
    """The event in a line; None if it is none of a container; StreamEnded if it is no event at all."""
    if _NOISE.match(line):
        return None
    body = parse_line(line, EventBody, "event")
    if not body.type or not body.action:
        refuse_object(body.message, "event")
    actor = body.actor or ActorBody()
    # A prune has no id, and a manager of a swarm also tells what happened elsewhere.
    if body.type != "container" or body.scope not in {"local", ""} or not FULL_ID.fullmatch(actor.id):
        return None
    action = body.action.partition(":")[0]
    nanos = body.time_nano or body.time * 1_000_000_000
    attributes = actor.attributes or AttributesBody()
    return Event(
        _ALIASES.get(action, action),
        ContainerId(actor.id),
        nanos,
        _number(attributes.exit_code),
        _number(attributes.signal),
    )


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else None
