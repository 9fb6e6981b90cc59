"""How much longer than usual is waited for things: on a processor that is emulated, everything takes longer.

One number, from the environment variable `REACTOR_TEST_PATIENCE` (1 without it). Here is only the number;
whoever has a deadline multiplies it.
"""

import os
from typing import Final

FACTOR: Final = float(os.environ.get("REACTOR_TEST_PATIENCE", "1"))


def patient(seconds: float) -> float:
    """A deadline, as long as it is here."""
    return seconds * FACTOR
