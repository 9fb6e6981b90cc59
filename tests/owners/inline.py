"""Work that may block, done at once: virtual time does not wait for threads."""

from collections.abc import Callable
from typing import TypeVar

import trio

T = TypeVar("T")


async def at_once(work: Callable[[], T], /) -> T:
    """What the work gives."""
    await trio.lowlevel.checkpoint()
    return work()
