"""The labels that images carry, so that they can be told from those of a container.

They are read with the docker SDK in a thread. An image never changes under its id, so what was
read once stays; what could not be read is None, and is asked for again the next time. At most one
call is on its way, and nobody waits for it, or for its turn, longer than the deadline.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol

import trio

from reactor.core.container import NOTHING
from reactor.engine.endpoint import Endpoint

REMEMBERED = 2048
IMPORTED_WITHIN = 10.0
"""Seconds: where the processor is busy, importing the SDK takes longer than any answer of the engine's."""
THREADS = 2
"""One thread works; the second is for the time in which a first one, given up, still waits for its socket."""

_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")

Labels = Mapping[str, str]


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
        self._turn = trio.Lock()
        self._threads = trio.CapacityLimiter(THREADS)
        self._imported = False
        self.unreadable = 0

    async def find(self, image: str) -> Labels | None:
        """The image's own labels; None if they cannot be read now."""
        if image not in self._known and _IMAGE_ID.fullmatch(image):
            await self._import()
            with trio.move_on_after(self._deadline):
                async with self._turn:
                    await self._read(image)
        if image not in self._known:
            self.unreadable += 1
            return None
        self._known.move_to_end(image)
        return self._known[image]

    def known(self, image: str) -> Labels | None:
        """The image's own labels, if they were read before."""
        return self._known.get(image)

    async def _import(self) -> None:
        if not self._imported:
            with trio.move_on_after(IMPORTED_WITHIN):
                await trio.to_thread.run_sync(_import_sdk, limiter=self._threads, abandon_on_cancel=True)
            self._imported = True

    async def _read(self, image: str) -> None:
        if image in self._known:
            return  # Another one read it while this one waited for its turn.
        read = partial(_labels, self._connect, image)
        labels = await trio.to_thread.run_sync(read, limiter=self._threads, abandon_on_cancel=True)
        if labels is not None:
            self._known[image] = labels
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _import_sdk() -> None:
    import_module("docker.errors")


def _labels(connect: Callable[[], Fetcher], image: str) -> Labels | None:
    from docker.errors import DockerException  # noqa: PLC0415 - a heavy import, made in the thread
    from requests.exceptions import RequestException  # noqa: PLC0415 - as above

    try:
        # A client for each image: it is read once in the life of this process, and a client that is
        # shared with a thread that was given up, or kept over an engine's restart, is in no known state.
        with closing(connect()) as fetcher:
            return _checked(fetcher.inspect_image(image))
    except (DockerException, RequestException, ValueError, AttributeError, RecursionError):
        return None


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
