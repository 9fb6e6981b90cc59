"""Long work in a thread that lets the loop have its turn.

Python hands over from one thread to another only every few milliseconds, if nobody does it freely. Whoever
works for long beside the loop goes through this, and so the loop never waits long for its turn.
"""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

OFTEN = 50
"""After how many of a thousand-fold something the loop may have its turn: some tenths of a millisecond."""


def breathing(many: Iterable[T], often: int = OFTEN) -> Iterator[T]:
    """The same, and a pause of no length after every few of them."""
    for number, each in enumerate(many, 1):
        yield each
        if not number % often:
            time.sleep(0)
