"""The comparison of those who end alone and beside stuck ones."""

import pytest

from bench.hostages import Compared, Found, judge, lines


def compared(*beside: float) -> Compared:
    alone = Found(each=[0.25, 0.5, 0.75], last=[0.75], ahead=[0])
    return Compared(3, alone, Found(each=list(beside), last=[max(beside)], ahead=[20]))


@pytest.mark.parametrize(
    ("beside", "kept"),
    [
        pytest.param((0.5, 0.75, 1.25), True, id="less than twice"),
        pytest.param((0.5, 1.0, 1.25), False, id="the median is twice"),
        pytest.param((0.5, 0.75, 1.5), False, id="the last one is twice"),
    ],
)
def test_twice_the_usual_time_breaks_the_promise(beside: tuple[float, ...], kept: bool) -> None:
    (promise,) = judge([compared(*beside)])
    assert promise.kept is kept


def test_the_table_says_how_many_stuck_ones_were_ahead() -> None:
    *_, alone, beside = lines([compared(0.5, 0.75, 1.25)])
    assert " ".join(alone.split()) == "3 alone 3 500.0 ms 750.0 ms 750.0 ms 750.0 ms 0"
    assert " ".join(beside.split()) == "3 beside 20 stuck 3 750.0 ms 1.25 s 1.25 s 1.25 s 20"
