"""A short chaos, in which the monitor and the engine are killed; ``make test-chaos`` is the long one."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.plan import Size
from tests.chaos.report import spread
from tests.chaos.running import Seen, act

# It has an engine of its own, without the fixture for one.
pytestmark = pytest.mark.real
SIZE = Size(breaches=30, kills=4, outages=1, spare=3, within=10.0)
BOUND = 300.0


def test_nobody_is_missed_doubled_or_wrongly_ended_in_a_short_chaos(
    tmp_path: Path, measured: Callable[[str], None]
) -> None:
    """Judged from the engine's events and its own log of calls; what was late is only said here."""
    seen, began = Seen("lasting"), time.monotonic()
    with act(tmp_path, seen, lambda _: None, began + BOUND, live_restore=True) as playing:
        playing.play("short", SIZE)
    assert not seen.faults.crashes
    found = seen.offences
    assert (found.missed, found.doubled, found.wrong, found.unexplained) == ((), (), (), ())
    late = spread(trial.late for trial in seen.trials if trial.late is not None)
    assert late is not None
    assert late.count >= SIZE.breaches
    faults = f"monitor killed {seen.faults.kills} times, engine {len(seen.faults.outages)} times"
    times = f"p50 {late.p50:.2f} s, p90 {late.p90:.2f} s, at most {late.most:.2f} s"
    measured(f"chaos: {seen.breaches} breaches, {seen.innocents} innocents, {faults}: {times}")
