"""Where readings lie between marks, exactly."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups.sweeping import NEVER
from reactor.lane.marks import Ratio, marks, next_above, place

ratios = st.tuples(st.integers(0, 2**65), st.integers(1, 1000))
limits = st.none() | st.integers(1, 2**63)


def test_a_share_of_a_limit_is_exact() -> None:
    """80 % of 100 MiB is a whole number, 55 % of 33 bytes is none and lies between 18 and 19."""
    assert marks([], [(4, 5)], 100 << 20) == (2 * 83886080,)
    (mark,) = marks([], [(11, 20)], 33)
    assert [place((mark,), value) for value in (17, 18, 19)] == [0, 0, 2]
    assert next_above((mark,), 17) == 18


def test_without_a_limit_a_share_is_nothing_to_pass() -> None:
    assert marks([(200, 1)], [(9, 10)], None) == (400,)


@given(st.lists(ratios, max_size=5), st.lists(ratios, max_size=3), limits, st.integers(0, 2**64))
def test_passing_a_mark_is_another_place(
    numbers: list[Ratio], shares: list[Ratio], limit: int | None, value: int
) -> None:
    """Whatever compares a reading with one of the numbers comes out the same in one place, and only there."""
    among = marks(numbers, shares, limit)
    exact = [Fraction(*each) for each in numbers] + [
        Fraction(*each) * (limit or 0) for each in shares if limit
    ]
    for other in {value + 1, max(0, value - 1), next_above(among, value), next_above(among, value) + 1}:
        same = all((value > each, value < each) == (other > each, other < each) for each in exact)
        assert (place(among, value) == place(among, other)) is same


@given(st.lists(ratios, max_size=5), st.integers(0, 2**63))
def test_the_next_above_is_the_last_before_a_change(numbers: list[Ratio], value: int) -> None:
    among = marks(numbers, (), None)
    last = next_above(among, value)
    assert last >= value
    if last != NEVER:
        assert place(among, last) == place(among, value) != place(among, last + 1)
