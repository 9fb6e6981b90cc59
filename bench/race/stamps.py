"""What an attacker writes of its own progress into the page that it shares with the bench.

The layout is that of ``bench/attackers/stamp.h``. Only making such a page and reading it belongs here.
"""

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

FIELDS: Final = struct.Struct("8Q")
SIZE: Final = 8 * 8 + 2048
NANO: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Stamps:
    """Moments on ``bench.clock``; None for what has not happened. ``amount`` is processes, or bytes.

    ``counted`` is when memory was above its bound with all page cache, which may be before the breach.
    """

    ready: float | None
    begun: float | None
    breach: float | None
    last: float | None
    over: float | None
    amount: int
    counted: float | None = None


def read(page: bytes, ahead: float) -> Stamps:
    """What such a page says; ``ahead`` is what our clock is ahead of the attacker's, in seconds."""
    ready, begun, breach, last, amount, over, _, counted = FIELDS.unpack_from(page)
    stamped = [each * NANO + ahead if each else None for each in (ready, begun, breach, last, over, counted)]
    return Stamps(stamped[0], stamped[1], stamped[2], stamped[3], stamped[4], amount, stamped[5])


def clock_ahead() -> float:
    """What the clock since boot is ahead of the monotonic one: the time that this machine was suspended."""
    tries = []
    for _ in range(5):
        before = time.monotonic_ns()
        boot = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        after = time.monotonic_ns()
        tries.append((after - before, boot - (before + after) // 2))
    return min(tries)[1] * NANO


class Page:
    """One page in a file that is mapped here and bind-mounted into an attacker."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), SIZE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._memory.close()
        self.path.unlink(missing_ok=True)

    def read(self) -> Stamps:
        """What it says now."""
        return read(self._memory[: FIELDS.size], clock_ahead())
