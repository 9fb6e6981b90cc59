"""Medians, percentiles and quotients."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.figures import nearest_rank, ratio, spread


def test_an_even_number_of_measurements_has_its_median_in_the_middle() -> None:
    found = spread([4.0, 1.0, 3.0, 2.0])
    assert found is not None
    assert (found.n, found.p50, found.least, found.most) == (4, 2.5, 1.0, 4.0)


def test_p99_of_a_hundred_is_the_last_but_one_and_of_fewer_the_largest() -> None:
    assert nearest_rank([float(n) for n in range(1, 101)], 99) == 99.0
    assert nearest_rank([float(n) for n in range(1, 100)], 99) == 99.0
    assert nearest_rank([float(n) for n in range(1, 201)], 99) == 198.0


def test_what_was_not_measured_does_not_count() -> None:
    found = spread([None, 2.0, None])
    assert found is not None
    assert (found.n, found.p50) == (1, 2.0)
    assert spread([None]) is None


def test_a_ratio_needs_two_medians() -> None:
    assert ratio(spread([3.0]), spread([2.0])) == 1.5
    assert ratio(spread([3.0]), None) is None
    assert ratio(None, spread([2.0])) is None
    assert ratio(spread([3.0]), spread([0.0])) is None


@given(
    st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=300),
    st.floats(min_value=0, max_value=100),
)
def test_a_percentile_was_measured_and_enough_are_not_above_it(values: list[float], percent: float) -> None:
    values.sort()
    found = nearest_rank(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 * (1 - 1e-12)


@pytest.mark.parametrize("percent", [0, 1, 50, 99, 100])
def test_one_measurement_is_every_percentile(percent: float) -> None:
    assert nearest_rank([7.0], percent) == 7.0
