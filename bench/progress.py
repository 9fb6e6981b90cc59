"""What the bench says while it runs: lines on stderr, with the seconds since it began."""

import sys
from collections.abc import Callable

from bench.clock import now

Say = Callable[[str], None]


def speaker() -> Say:
    """Something that says a line with its time."""
    began = now()

    def say(line: str) -> None:
        print(f"{now() - began:6.1f} s  {line}", file=sys.stderr, flush=True)

    return say
