"""What is kept of a value over time, and what is read from it, by hand and against every reading kept."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.language.windows import (
    BUCKETS,
    Track,
    average,
    covered,
    largest,
    rises,
    slope,
    smallest,
    time_to,
)


def track(seconds: float, *points: tuple[float, float], whole: bool = False) -> Track:
    made = Track(seconds, whole=whole)
    for at, value in points:
        made = made.add(at, value)
    return made


def test_readings_of_a_window() -> None:
    """Slope, extremes and average are those of the readings in the window, and of no others."""
    made = track(10, (0, 900), (5, 10), (10, 40), (15, 30))
    assert slope(made, 15) == 2
    assert (largest(made, 15), smallest(made, 15)) == (40, 10)
    assert average(made, 15) == pytest.approx(80 / 3)


@pytest.mark.parametrize(
    ("points", "at"),
    [
        ([], 1),
        ([(1, 5)], 1),
        ([(1, 5), (5.9, 6)], 6),
        ([(1, 5), (6, 6)], 11.5),
        ([(1, 5), (6, 6)], 90),
    ],
)
def test_too_little_evidence(points: list[tuple[float, float]], at: float) -> None:
    """Nothing is said of a window with less than two readings, or with less than half of it between them."""
    made = track(10, *points)
    assert [ask(made, at) for ask in (slope, largest, smallest, average)] == [None] * 4
    assert time_to(made, at, 5, 10) is None
    assert covered(None, at) == ()


def test_half_of_a_window_is_enough() -> None:
    assert slope(track(10, (1, 5), (6, 10)), 6) == 1


@pytest.mark.parametrize(
    ("points", "value", "seconds"),
    [
        ([(0, 0), (10, 100)], 100, 10),
        ([(0, 100), (10, 100)], 100, math.inf),
        ([(0, 150), (10, 100)], 100, math.inf),
        ([(0, 0), (10, 100)], 200, 0),
        ([(0, 300), (10, 200)], 200, 0),
    ],
)
def test_time_to(points: list[tuple[float, float]], value: float, seconds: float) -> None:
    """How long until 200; never if it does not rise, at once if it is there."""
    assert time_to(track(10, *points), 10, value, 200) == seconds


def test_a_reading_out_of_order_says_nothing() -> None:
    assert track(10, (5, 1), (5, 9), (3, 9)) == track(10, (5, 1))


def test_rises() -> None:
    """Rises within the window count; a count that falls began anew."""
    made = track(100, (0, 4), (30, 5), (60, 0), (90, 2))
    assert rises(made, 90) == 3
    assert rises(made, 125) == 3
    assert rises(made, 135) == 2
    assert rises(made, 400) == 0


def test_rises_before_the_window_is_known() -> None:
    """Half of the window must have been seen, unless there was nothing before."""
    assert rises(None, 1) is None
    assert rises(track(100, (0, 4), (30, 5)), 49) is None
    assert rises(track(100, (0, 4), (30, 5)), 50) == 1
    assert rises(track(100, (0, 0), (30, 5), whole=True), 31) == 5


_points = st.lists(
    st.tuples(st.floats(0, 300, allow_nan=False), st.integers(0, 100)), min_size=1, max_size=200
).map(sorted)


@settings(max_examples=300, deadline=None)
@given(_points, st.sampled_from([2.0, 10.0, 60.0]))
def test_buckets_are_as_good_as_all_readings(points: list[tuple[float, int]], seconds: float) -> None:
    """What is read differs from the truth only by readings within one bucket of the window's edge."""
    made = track(seconds, *points)
    at = points[-1][0]
    assert len(made.buckets) <= BUCKETS + 2
    strict = [value for when, value in points if when >= at - seconds]
    loose = [value for when, value in points if when >= at - seconds - seconds / BUCKETS - 1e-9]
    most, least = largest(made, at), smallest(made, at)
    if most is not None and least is not None:
        distinct = len({when for when, _ in points}) == len(points)
        assert most <= max(loose)
        assert least >= min(loose)
        assert not distinct or (most >= max(strict) and least <= min(strict))


@settings(max_examples=100, deadline=None)
@given(st.floats(0.001, 5), st.sampled_from([2.0, 10.0, 60.0]), st.integers(-50, 50))
def test_a_straight_line_has_its_slope(step: float, seconds: float, rate: int) -> None:
    """However often a value is read, the slope of a line is that of the line."""
    made = track(seconds, *[(n * step, 10_000 + rate * n * step) for n in range(400)])
    found = slope(made, 399 * step)
    assert found is None or found == pytest.approx(rate, abs=1e-6)


def test_ten_readings_a_second_for_an_hour_are_bounded() -> None:
    """The record does not grow with the rate of the readings."""
    made = track(60, *[(n / 10, n) for n in range(36_000)])
    assert len(made.buckets) <= BUCKETS + 2
    assert slope(made, 3_599.9) == pytest.approx(10)
