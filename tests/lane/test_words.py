"""What is said over the line comes out as it went in, in whatever pieces."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups.finding import Home, Place
from reactor.lane.words import Arm, Beat, Disarm, Lines, News, Told, command, news, read_command, read_news
from tests.cgroups.build import run_of

Ratios = tuple[tuple[int, int], ...]
pairs = st.lists(st.tuples(st.integers(0, 2**70), st.integers(1, 100)), max_size=3).map(tuple)
numbers = st.none() | st.integers(0, 2**64)
tellings = st.builds(
    Told, st.integers(1), st.floats(0, 1e9), numbers, numbers, numbers, numbers, st.none() | st.floats(0, 1e9)
)
beats = st.none() | st.builds(Beat, *[st.integers(0, 2**40)] * 6, st.floats(0, 1), st.floats(0, 1))


@given(st.integers(1), st.floats(0.1, 10), st.tuples(pairs, pairs, pairs, pairs))
@pytest.mark.parametrize("fresh", [False, True])
def test_orders(fresh: object, key: int, every: float, ratios: tuple[Ratios, Ratios, Ratios, Ratios]) -> None:
    home = Home(run_of(1), {"pids": Place("/a", "/b", 1, (7, 8)), "memory": Place("", "/c", 2, (9, 2**60))})
    word = Arm(key, home, every, *ratios, bool(fresh))
    said = read_command(command(word))
    assert said == word
    assert isinstance(said, Arm)
    assert said.home.places == home.places
    assert read_command(command(Disarm(key))) == Disarm(key)


@given(st.lists(tellings, max_size=3), st.lists(st.integers(1), max_size=3), beats, st.integers(1, 9))
def test_news_in_pieces(told: list[Told], gone: list[int], beat: Beat | None, size: int) -> None:
    said = [News(tuple(told), tuple(gone), beat), News(gone=(4,))]
    data = b"".join(map(news, said))
    lines = Lines()
    heard = [read_news(line) for at in range(0, len(data), size) for line in lines.take(data[at : at + size])]
    assert heard == said


def test_with_a_beat_nothing_else_is_lost() -> None:
    """Of somebody who moved, above all: he is vouched for until that is said."""
    said = News((Told(1, 2.0, 3, 4, 5, 6, 7.0),), (2,), None, (3,))
    assert read_news(news(said.with_beat(Beat(8)))) == replace(said, beat=Beat(8))
