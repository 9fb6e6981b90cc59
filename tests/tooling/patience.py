"""Deadlines of tests, as long as they have to be here: see `tools/patience.py` for the number.

Multiplied are those of `until`, of the promises to the guilty, of engines that start, answer and end, and of
`trio.fail_after`, which the few of the program that run in the process of a test share. Never a time that is
asserted, nor one of a monitor that is started.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from unittest.mock import patch

import trio

from tools.patience import FACTOR, fewer, patient

__all__ = ["FACTOR", "deadlines_extended", "fewer", "patient"]


@contextmanager
def deadlines_extended() -> Iterator[None]:
    """Inside, `trio.fail_after` waits as long as `patient` says; nothing is changed where that is usual."""
    if FACTOR == 1:
        yield
        return
    usual = trio.fail_after

    def extended(seconds: float, *, shield: bool = False) -> AbstractContextManager[trio.CancelScope]:
        return usual(patient(seconds), shield=shield)

    with patch.object(trio, "fail_after", extended):
        yield
