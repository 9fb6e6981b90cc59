"""The labels that images carry, so that they can be told from those of a container.

An image never changes under its id, so what was read once stays; what could not be read is None, and is
asked for again the next time. At most one call is on its way, and nobody waits for it, or for its turn,
longer than the deadline. An image that does not come is awaited for a while from when it was first asked
for: until then it may only be slow. How it is asked for is not for here.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import trio

from reactor.core.container import NOTHING
from reactor.core.ports import EngineAnswered, EngineError, NoSuchContainer
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.wire import parse

REMEMBERED = 2048
AWAITED_FOR = 30.0
"""Seconds. Long enough for an engine that is busy or starts again, and a bound for who hopes that it is."""
_NO_SUCH = 404

_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")

Labels = Mapping[str, str]
Ask = Callable[[str], Awaitable[bytes]]
"""What the engine says of the image with this id, as JSON. Raises EngineError."""


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of an image: its labels, None if they could not be read, ``awaited`` if they may be."""

    labels: Labels | None = None
    awaited: bool = False


UNREAD = Image()


class ImageLabels:
    """Finds the labels of images by id."""

    def __init__(self, ask: Ask, deadline: float) -> None:
        self._ask = ask
        self._deadline = deadline
        self._known: OrderedDict[str, Labels] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()
        """When an image was first asked for that did not come, or -inf where the engine knows none."""
        self._turn = trio.Lock()
        self.unreadable = 0

    async def find(self, image: str) -> Image:
        """The image's own labels; None if they cannot be read now."""
        if image not in self._known and _IMAGE_ID.fullmatch(image):
            self._begin_waiting(image)
            with trio.move_on_after(self._deadline):
                async with self._turn:
                    await self._read(image)
        if image not in self._known:
            self.unreadable += 1
            return self.known(image)
        self._known.move_to_end(image)
        return self.known(image)

    def known(self, image: str) -> Image:
        """The image's own labels, if they were read before, and whether they are awaited."""
        if image in self._known:
            return Image(self._known[image])
        asked = self._asked.get(image, -math.inf)
        return Image(awaited=trio.current_time() - asked < AWAITED_FOR)

    def _begin_waiting(self, image: str) -> None:
        self._asked.setdefault(image, trio.current_time())
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)

    async def _read(self, image: str) -> None:
        if image in self._known:
            return  # Another one read it while this one waited for its turn.
        found = await _found(self._ask, image)
        if found.labels is not None:
            self._known[image] = found.labels
            self._asked.pop(image, None)
        elif not found.awaited:
            self._asked[image] = -math.inf
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


async def _found(ask: Ask, image: str) -> Image:
    try:
        body = await ask(image)
    except NoSuchContainer:
        return UNREAD
    except EngineAnswered as answer:
        return UNREAD if answer.status == _NO_SUCH else Image(awaited=True)
    except EngineError:
        # Also where what came was not HTTP: nothing was said of the image.
        return Image(awaited=True)
    try:
        return Image(_labels(parse(body, dict, "an image")))
    except EngineSaidNonsense:
        return UNREAD  # An answer, and no better one will come.


def _labels(found: Mapping[str, Any]) -> Labels | None:
    """The labels in an engine's record; None if it has not the shape that it must have."""
    config = found.get("Config") or {}
    labels = config.get("Labels") if isinstance(config, dict) else ()
    if labels is None:
        return NOTHING
    if isinstance(labels, dict) and all(isinstance(item, str) for pair in labels.items() for item in pair):
        return MappingProxyType(labels)
    return None
