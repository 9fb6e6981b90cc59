"""The intervals between the moments of a victim, and what a shortened loop is scaled to."""

import pytest

from bench.records import Bare, Kill
from bench.saying import Round
from bench.scaling import Loop, scaled
from tests.bench.build import passage

LOOP = Loop(containers=100, interval=300.0, short_interval=5.0)


def test_a_passage_is_taken_apart_at_its_moments() -> None:
    one = passage(breach=10.0, seen=10.5, called=10.51, returned=10.6, died=10.59)
    assert one.unseen == pytest.approx(0.5)
    assert one.hesitation == pytest.approx(0.01)
    assert one.call == pytest.approx(0.09)
    assert one.reaction == pytest.approx(0.1)
    assert one.ending == pytest.approx(0.59)


def test_a_victim_that_nobody_saw_has_no_intervals() -> None:
    one = passage(seen=None, died=None)
    assert (one.unseen, one.hesitation, one.call, one.reaction, one.ending) == (None,) * 5


def test_a_kill_that_was_decided_and_never_called_has_no_reaction() -> None:
    never = Kill("a" * 64, 10.5, None, None)
    one = passage()
    unkilled = type(one)(one.container, one.breach, None, never)
    assert (unkilled.hesitation, unkilled.call, unkilled.reaction) == (None, None, None)


def test_a_bare_pair_counts_both_calls() -> None:
    assert Bare("a" * 64, inspect=0.001, kill=0.03).both == pytest.approx(0.031)


def test_a_delay_grows_as_its_round_does() -> None:
    """Half a round of 20 s is half a round of 500 s: 100 looks of 2 s each, and 300 s of sleep."""
    rounds = [Round(0.0, 20.0, 8), Round(20.0, 30.0, 7)]
    scale = scaled([passage(breach=5.0, seen=15.0)], [2.0, 2.0, 1.0], rounds, LOOP)
    assert scale.full_round == 500.0
    assert scale.delays == [250.0]
    assert scale.rounds == [20.0, 10.0]


def test_what_was_seen_in_no_whole_round_is_not_scaled() -> None:
    rounds = [Round(0.0, 20.0, 8)]
    unseen, too_late = passage(seen=None), passage(breach=5.0, seen=25.0)
    assert scaled([unseen, too_late], [2.0], rounds, LOOP).delays == []
