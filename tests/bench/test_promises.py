"""Each promise can be broken, on its own."""

import pytest

from bench.promises import all_kept, judge
from bench.records import Bare, Counts, Part
from tests.bench.build import cost, part, passage

BARE = (Bare("b" * 64, inspect=0.125, kill=0.375),)
FINE = Counts(victims=1, missed=0, doubled=0, wrong=0)


def broken(found: Part) -> list[str]:
    """What the broken promises are about, in their first two words."""
    return [" ".join(one.what.split()[:2]) for one in judge(found) if not one.kept]


def test_a_good_run_keeps_all() -> None:
    assert all_kept(judge(part(passage(), bare=BARE)))


def test_a_reaction_of_exactly_twice_the_bare_calls_is_kept_and_more_is_not() -> None:
    assert broken(part(passage(seen=1.0, returned=2.0), bare=BARE)) == []
    assert broken(part(passage(seen=1.0, returned=2.0625), bare=BARE)) == ["first breaching"]


def test_what_was_not_measured_was_not_kept() -> None:
    assert broken(part(passage(seen=None), bare=BARE)) == ["first breaching"]
    assert broken(part(passage())) == ["first breaching"]


@pytest.mark.parametrize(
    ("counts", "about"),
    [
        (Counts(victims=1, missed=1, doubled=0, wrong=0), "no victim"),
        (Counts(victims=1, missed=0, doubled=1, wrong=0), "no victim"),
        (Counts(victims=1, missed=0, doubled=0, wrong=1), "no innocent"),
    ],
)
def test_one_container_treated_badly_breaks_a_promise(counts: Counts, about: str) -> None:
    assert broken(part(passage(), bare=BARE, counts=counts)) == [about]


@pytest.mark.parametrize(
    ("memory", "threads", "about"),
    [(120_000_000, 4, "memory (peak)"), (0, 4, "memory (peak)"), (60_000_000, 17, "no thread")],
)
def test_too_much_memory_or_too_many_threads_break_a_promise(memory: int, threads: int, about: str) -> None:
    assert broken(part(passage(), bare=BARE, used=cost(memory=memory, threads=threads))) == [about]
    assert broken(part(passage(), bare=BARE, used=cost(memory=119_999_999, threads=16))) == []
