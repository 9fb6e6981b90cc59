"""How much longer than usual is waited for things: on a processor that is emulated, everything takes longer.

One number, from the environment variable `REACTOR_TEST_PATIENCE` (1 without it). Deadlines are multiplied:
those of `until`, of the promises to the guilty, and of `trio.fail_after`, which the few of the program that
run in the process of a test share. Never a time that is asserted, nor one of a monitor that is started.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final
from unittest.mock import patch

import trio

FACTOR: Final = float(os.environ.get("REACTOR_TEST_PATIENCE", "1"))


def patient(seconds: float) -> float:
    """A deadline, as long as it is here."""
    return seconds * FACTOR


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
