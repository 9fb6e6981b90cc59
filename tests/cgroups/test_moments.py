"""Usage and working set of one moment: who was interrupted reads once more, and nobody else does."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat

import pytest

from reactor.cgroups.descriptors import Drawer
from reactor.cgroups.files import What
from reactor.cgroups.moments import ONE_MOMENT, memory_now

Turn = tuple[int | None, int | None]

QUICK, SLOW = ONE_MOMENT / 2, ONE_MOMENT * 2
FULL, EMPTY = (60, 4), (60, 58)
"""Usage and cache: of the first, 56 seem to be in use, of the second 2."""


class Turns(Drawer):
    """Files that say another thing each time: usage and cache, in turns."""

    def __init__(self, *turns: Turn) -> None:
        self.left = list(turns)

    def read(self, what: What) -> bytes | None:
        usage, cache = self.left[0]
        if what is What.MEMORY:
            return None if usage is None else b"%d\n" % usage
        assert what is What.MEMORY_STAT
        self.left.pop(0)
        return None if cache is None else b"inactive_file %d\n" % cache


def ticking(*took: float) -> Iterator[float]:
    """A clock on which the attempts take so long."""
    return chain.from_iterable((0.0, each) for each in took)


@pytest.mark.parametrize(
    ("turns", "took", "found"),
    [
        ([FULL, FULL], [QUICK], (60, 56)),
        ([EMPTY, EMPTY], [QUICK], (60, 2)),
        # Interrupted twice, each time at the worst moment: the second attempt shows what it was.
        ([FULL, FULL, EMPTY, EMPTY], [SLOW, QUICK], (60, 2)),
        ([EMPTY, EMPTY, FULL, FULL], [SLOW, SLOW], (60, 2)),
        # Whoever uses it uses it in both, however slow the reader is.
        ([FULL, FULL, (62, 4), (62, 4)], [SLOW, SLOW], (62, 56)),
        # What is not of one moment says nothing, and what can be had counts.
        ([(60, 4), (60, 61)], [QUICK], (60, None)),
        ([(60, 4), (60, 61), FULL, FULL], [SLOW, QUICK], (60, 56)),
        ([FULL, FULL, (60, 4), (60, 61)], [SLOW, QUICK], (60, 56)),
        ([(60, None), (60, 4)], [QUICK], (60, None)),
        ([(None, 4), (None, 4)], [QUICK], (None, None)),
    ],
)
def test_what_took_long_is_read_once_more_and_the_smaller_counts(
    turns: Sequence[Turn], took: Sequence[float], found: Turn
) -> None:
    drawer, clock = Turns(*turns), ticking(*took)
    assert memory_now(drawer, lambda: next(clock)) == found
    assert (drawer.left, list(clock)) == ([], []), "read so often, and not more"


def test_it_is_read_twice_at_most_and_never_unknown_for_being_slow() -> None:
    drawer, clock = Turns(*[FULL] * 4), chain.from_iterable(repeat((0.0, 9.0)))
    assert memory_now(drawer, lambda: next(clock)) == (60, 56)
    assert not drawer.left
