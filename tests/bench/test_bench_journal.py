"""The bench reads the moments of a kill out of a journal that reactor itself has written."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from bench.journal import kills, steps_from
from reactor.core.decisions import Call, Outcome, Result, Why
from tests.journal.build import cid, decide, running

BOOT = 5000.0
"""What the clock since boot shows while the journal is written."""


async def written(path: Path, *calls: tuple[str, float, float]) -> float:
    """Write a kill with these calls; returns when it was decided, on the clock since boot.

    The two clocks stand still relative to each other here, as they do in the field.
    """
    offset = BOOT - trio.current_time()
    async with running(path, boot=lambda: trio.current_time() + offset) as journal:
        at = trio.current_time()
        decision = replace(decide(1, at=at), seen=at - 0.25)
        made = tuple(Call(what, at + began, took, 204) for what, began, took in calls)
        await journal.intend(decision, at)
        journal.conclude(Outcome(decision, at + 1, Result.DONE, Why.ENDED, calls=made))
        await journal.wait_written()
    return at + offset


async def test_moments_come_back_on_the_clock_since_boot(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    decided = await written(path, ("inspect", 0.002, 0.001), ("kill", 0.004, 0.05), ("inspect", 0.06, 0.001))
    (found,) = kills(path)
    assert found.container == cid(1)
    assert found.called is not None
    assert found.returned is not None
    moments = (found.seen - decided, found.called - decided, found.returned - decided)
    assert moments == pytest.approx((-0.25, 0.004, 0.054), abs=2e-3)
    assert [step.what for step in found.steps] == ["inspect", "kill", "inspect"]


async def test_the_first_kill_call_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await written(path, ("kill", 0.1, 0.05), ("kill", 9.0, 0.05))
    (found,) = kills(path)
    assert found.called is not None
    assert found.returned is not None
    assert (found.called - found.seen, found.returned - found.seen) == pytest.approx((0.35, 0.4), abs=2e-3)


async def test_an_intent_without_a_kill_call_was_seen_and_not_called(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await written(path, ("inspect", 0.1, 0.05))
    (found,) = kills(path)
    assert (found.called, found.returned) == (None, None)


def test_an_intent_without_an_outcome_has_no_steps() -> None:
    assert steps_from(10.0, None) == ()
