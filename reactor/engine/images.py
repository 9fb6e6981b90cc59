"""The labels that images carry, so that they can be told from those of a container.

They are read with the docker SDK in a thread. An image never changes under its id, so what was
read once stays; what could not be read is None, and is asked for again the next time. At most one
call is on its way, and nobody waits for it, or for its turn, longer than the deadline. An image that
does not come is awaited for a while from when it was first asked for: until then it may only be slow.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol

import trio

from reactor.core.container import NOTHING
from reactor.engine.endpoint import Endpoint
from reactor.engine.image_asking import ImageAsker

REMEMBERED = 2048
IMPORTED_WITHIN = 10.0
"""Seconds: where the processor is busy, importing the SDK takes longer than any answer of the engine's."""
AWAITED_FOR = 30.0
"""Seconds. Long enough for an engine that is busy or starts again, and a bound for who hopes that it is."""
THREADS = 2
"""One thread works; the second is for the time in which a first one, given up, still waits for its socket."""

_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of an image: its labels, None if they could not be read, ``awaited`` if they may be."""

    labels: Labels | None = None
    awaited: bool = False


UNREAD = Image()


class Fetcher(Protocol):
    """Reads what the engine says of an image; blocks."""

    def inspect_image(self, image: str) -> Any:
        """The engine's record of the image."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class ImageLabels:
    """Finds the labels of images by id. ``connect`` makes a client; it is called in the thread."""

    def __init__(self, connect: Callable[[], Fetcher], deadline: float) -> None:
        self._connect = connect
        self._deadline = deadline
        self._known: OrderedDict[str, Labels] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()
        """When an image was first asked for that did not come, or -inf where the engine knows none."""
        self._turn = trio.Lock()
        self._threads = trio.CapacityLimiter(THREADS)
        self._imported = False
        self.unreadable = 0

    async def find(self, image: str) -> Image:
        """The image's own labels; None if they cannot be read now."""
        if image not in self._known and _IMAGE_ID.fullmatch(image):
            self._begin_waiting(image)
            await self._import()
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

    async def _import(self) -> None:
        if not self._imported:
            with trio.move_on_after(IMPORTED_WITHIN):
                await trio.to_thread.run_sync(_import_sdk, limiter=self._threads, abandon_on_cancel=True)
            self._imported = True

    async def _read(self, image: str) -> None:
        if image in self._known:
            return  # Another one read it while this one waited for its turn.
        read = partial(_labels, self._connect, image)
        found = await trio.to_thread.run_sync(read, limiter=self._threads, abandon_on_cancel=True)
        if found.labels is not None:
            self._known[image] = found.labels
            self._asked.pop(image, None)
        elif not found.awaited:
            self._asked[image] = -math.inf
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _import_sdk() -> None:
    import_module("docker.errors")


def _labels(connect: Callable[[], Fetcher], image: str) -> Image:
    from docker.errors import DockerException, NotFound  # noqa: PLC0415 - a heavy import, made in the thread
    from requests.exceptions import RequestException  # noqa: PLC0415 - as above

    try:
        # A client for each image: it is read once in the life of this process, and a client that is
        # shared with a thread that was given up, or kept over an engine's restart, is in no known state.
        with closing(connect()) as fetcher:
            return Image(_checked(fetcher.inspect_image(image)))
    except (NotFound, ValueError, AttributeError, RecursionError):
        return UNREAD  # An answer, and no better one will come.
    except (DockerException, RequestException):
        return Image(awaited=True)


def _checked(found: Any) -> Labels | None:
    """The labels in an engine's record; None if it has not the shape that it must have."""
    if not isinstance(found, dict):
        return None
    labels = (found.get("Config") or {}).get("Labels")
    if labels is None:
        return NOTHING
    if isinstance(labels, dict) and all(isinstance(item, str) for pair in labels.items() for item in pair):
        return MappingProxyType(labels)
    return None


def sdk_client(endpoint: Endpoint, version: str, deadline: float) -> Fetcher:
    """A client of the SDK that speaks to this engine, in this version, and to no other."""
    if endpoint.address.program:
        return ImageAsker(endpoint.address, version, deadline)
    from docker import APIClient  # noqa: PLC0415 - a heavy import, made in the thread
    from docker.tls import TLSConfig  # noqa: PLC0415 - as above

    files = endpoint.tls
    pair = (files.certificate, files.key) if files and files.certificate else None
    tls = (
        TLSConfig(client_cert=pair, ca_cert=files.authority or None, verify=files.verify) if files else False
    )
    client = APIClient(base_url=endpoint.host, version=version, timeout=deadline, tls=tls)
    # The calls to the engine go past proxies on all ways, or on none.
    client.trust_env = False
    fetcher: Fetcher = client
    return fetcher
