"""When something was written, by a clock that goes its own way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.kmsg.clock import DRIFT, OLDEST, LogClock

MICROS = 10**6


@given(
    st.floats(-DRIFT / 2, DRIFT / 2),
    st.lists(st.tuples(st.floats(0.001, 3000), st.floats(0, 20)), min_size=1, max_size=30),
)
def test_an_age_is_never_too_much_and_right_after_a_quick_reading(
    drift: float, writings: list[tuple[float, float]]
) -> None:
    """Records are read late by whatever; each age is at most what it really is, up to the drift."""
    clock, written, behind = LogClock(), 1e5, 0.0
    for pause, delay in writings:
        written += max(pause, behind)
        behind = delay
        age = clock.age(round(written * (1 + drift) * MICROS), written + delay)
        assert age is not None
        assert -1e-6 <= age <= delay + 1e-3 + DRIFT * 3100


def test_the_soonest_reading_says_how_far_the_clocks_are_apart() -> None:
    clock = LogClock()
    assert clock.age(5 * MICROS, 100) == 0
    assert clock.age(6 * MICROS, 103) == pytest.approx(2, abs=0.01)
    assert clock.age(10 * MICROS, 104.5) == 0, "this one was read sooner than the first"
    assert clock.age(11 * MICROS, 106.5) == pytest.approx(1, abs=0.01)


def test_what_is_older_than_anybody_should_act_on_has_no_age() -> None:
    clock = LogClock()
    clock.age(0, 0)
    assert clock.age(1 * MICROS, 2 * OLDEST) is None
    assert clock.age(1 * MICROS, 2 * OLDEST) == 0, "or that clock stood still: what comes next tells"
