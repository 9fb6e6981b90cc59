"""How much longer than usual is waited for things: on a processor that is emulated, everything takes longer.

One number, from the environment variable `REACTOR_TEST_PATIENCE` (1 without it). Here is only the number;
whoever has a deadline multiplies it, and whoever makes very many of something divides by it.
"""

import os
from typing import Final

FACTOR: Final = float(os.environ.get("REACTOR_TEST_PATIENCE", "1"))


def patient(seconds: float) -> float:
    """A deadline, as long as it is here."""
    return seconds * FACTOR


def fewer(count: int, least: int = 10) -> int:
    """How many are made here where there are so many usually."""
    return min(count, max(least, round(count / FACTOR)))
