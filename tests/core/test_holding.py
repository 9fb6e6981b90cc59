"""How long a rule holds: ``for``, ``keep_for``, ``cooldown``, and how fresh its evidence must be."""

import pytest

from reactor.core.decisions import Result, Why
from reactor.core.holding import Holding, held
from reactor.core.notes import Matched
from reactor.core.rules import Rule
from reactor.core.verbs import Action
from tests.core.build import Story, anew, box, memory_over, over, pids_over, story

LONG = Rule("g/r", "f:1", when=pids_over(200), hold=5, keep=2)


def test_a_short_break_does_not_begin_for_anew_and_a_long_one_does() -> None:
    a, b, c = box(1), box(2), box(3)
    told = story(LONG).see(0, a, b, c)
    for at in range(1, 6):
        told.sample(at, a, pids=100 if at == 3 else 201)  # broken from 3 to 4: shorter than 2 s
        told.sample(at, b, pids=100 if at in {3, 4} else 201)  # broken from 3 to 5: not shorter
        told.sample(at, c, pids=200)
    told.sample(5.9, a, pids=201).sample(5.9, b, pids=201)
    assert told.at() == []
    told.sample(6, a, pids=201).sample(6, b, pids=201)
    assert told.at() == [(1, 6)]
    assert told.decisions[0].seen == 1
    told.sample(9.9, b, pids=201)
    assert told.at() == [(1, 6)]
    told.sample(10, b, pids=201)
    assert told.at() == [(1, 6), (2, 10)]


def test_nobody_is_ended_during_a_break() -> None:
    a = box(1)
    told = story(LONG).see(0, a)
    for at in range(1, 6):
        told.sample(at, a, pids=201)
    told.sample(5.5, a, pids=100).tick(6).tick(7.4)
    assert told.at() == []
    told.sample(7.45, a, pids=201)
    assert told.at() == [(1, 7.45)], "the break was shorter than keep, and for is over"


def test_a_break_that_lasts_is_forgotten_at_its_time() -> None:
    a = box(1)
    told = story(LONG).see(0, a).sample(1, a, pids=201).sample(2, a, pids=100).tick(3.9)
    assert told.entry(1).holding
    told.tick(4)
    assert not told.entry(1).holding


def test_a_match_after_a_real_break_is_a_new_match() -> None:
    a = box(1)
    told = story(LONG).see(0, a).sample(1, a, pids=201).sample(2, a, pids=1).sample(3, a, pids=201)
    assert len(told.said(Matched)) == 1
    told.sample(4, a, pids=1).sample(6, a, pids=201)
    assert len(told.said(Matched)) == 2


def test_without_keep_every_break_begins_anew() -> None:
    assert held(Holding(1, 2), 3, verdict=False, proof=3, keep=0, patience=10) is None
    assert held(Holding(1, 2), 3, verdict=None, proof=3, keep=0, patience=10) == Holding(1, 2)
    assert held(Holding(1, 2), 13, verdict=True, proof=13, keep=0, patience=10) == Holding(13, 13)
    assert held(Holding(1, 2), 12, verdict=True, proof=12, keep=0, patience=10) == Holding(1, 12)


def test_a_break_that_is_longer_than_a_sample_keeps_is_not_a_gap_in_the_evidence() -> None:
    a = box(1)
    told = story(Rule("g/r", "f:1", when=pids_over(200), hold=30, keep=20)).see(0, a).sample(1, a, pids=201)
    for at in range(2, 17):
        told.sample(at, a, pids=1)
    for at in range(17, 32):
        told.sample(at, a, pids=201)
    assert told.at() == [(1, 31)]


# How fresh a sample must be


@pytest.mark.parametrize(("fresh", "late"), [(2.0, 2.0), (None, 10.0), (30.0, 30.0)])
def test_a_sample_is_evidence_for_as_long_as_the_rule_says(fresh: float | None, late: float) -> None:
    for delay, ended in ((late, [(1, "g/r")]), (late + 0.001, [])):
        told = story(Rule("g/r", "f:1", when=pids_over(200), hold=delay, fresh=fresh))
        told.see(0, box(1)).sample(1, box(1), pids=201).tick(1 + delay)
        assert told.ended() == ended, delay


def test_a_rule_that_wants_fresh_samples_leaves_the_others_as_they_are() -> None:
    quick = Rule("g/quick", "f:1", when=pids_over(200), hold=3, fresh=2)
    slow = Rule("g/slow", "f:1", when=pids_over(200), hold=6)
    told = story(quick, slow).see(0, box(1)).sample(1, box(1), pids=201)
    for at in range(2, 8):
        told.tick(at)
    assert [(d.rule, d.at) for d in told.decisions] == [("g/slow", 7)]


# Cooldown

COOL = Rule("g/r", "f:1", when=pids_over(200), cooldown=60)


def _ended_at_one(rule: Rule) -> Story:
    a = box(1)
    told = story(rule).see(0, a, box(2)).sample(1, a, pids=201)
    return told.outcome(2, told.decisions[0]).see(3, over(a, 137))


def test_later_runs_are_left_alone_while_the_rule_cools_down_and_others_are_not() -> None:
    told = _ended_at_one(COOL)
    later = anew(box(1), 10, at=10)
    told.see(10, later).sample(60.9, later, pids=201).sample(60.9, box(2), pids=201)
    assert told.at() == [(1, 1), (2, 60.9)]
    told.sample(61, later, pids=201)
    assert told.at()[2:] == [(1, 61)]
    assert told.decisions[-1].seen == 60.9, "that it holds is seen all the while"


def test_a_rule_without_a_cooldown_does_not_wait() -> None:
    told = _ended_at_one(Rule("g/r", "f:1", when=pids_over(200)))
    later = anew(box(1), 10, at=10)
    told.see(10, later).sample(11, later, pids=201)
    assert told.at() == [(1, 1), (1, 11)]


def test_another_rule_is_not_cooled_by_this_one() -> None:
    a = box(1)
    memory = Rule("g/memory", "f:2", when=memory_over(80))
    told = story(COOL, memory).see(0, a).sample(1, a, pids=201)
    told.outcome(2, told.decisions[0]).see(3, over(a, 137))
    later = anew(a, 10, at=10)
    told.see(10, later).sample(11, later, pids=300, memory=90, memory_limit=100)
    assert told.ended() == [(1, "g/r"), (1, "g/memory")]


def test_a_decision_that_failed_is_taken_again_on_the_same_run_whatever_cools_down() -> None:
    a = box(1)
    told = story(Rule("g/r", "f:1", when=pids_over(200), cooldown=600)).see(0, a).sample(1, a, pids=201)
    told.outcome(2, told.decisions[0], Result.FAILED, Why.GIVEN_UP).sample(62, a, pids=201)
    assert told.at() == [(1, 1), (1, 62)]


# Grace


def test_a_stop_has_the_grace_of_its_rule_or_the_usual_one_and_a_kill_has_none() -> None:
    stop = Rule("g/stop", "f:1", when=pids_over(200), action=Action.STOP, grace=33)
    usual = Rule("g/usual", "f:1", when=pids_over(200), action=Action.STOP)
    kill = Rule("g/kill", "f:1", when=pids_over(200), grace=33)
    for rule, grace in ((stop, 33), (usual, 10), (kill, 0)):
        told = story(rule).see(0, box(1)).sample(1, box(1), pids=201)
        assert [decision.grace for decision in told.decisions] == [grace]


@pytest.mark.parametrize("fresh", [0.2, 0.5, 1.0])
def test_readings_that_come_less_often_than_they_are_fresh_do_not_keep_for_from_ending(fresh: float) -> None:
    told = story(Rule("g/r", "f:1", when=pids_over(200), hold=5, fresh=fresh)).see(0, box(1), box(2))
    for at in range(1, 12):
        told.sample(at, box(1), pids=201).sample(at, box(2), pids=201 if at != 5 else 200).tick(at + 0.7)
    assert told.at() == [(1, 6), (2, 11)]


def test_a_gap_that_is_one_begins_for_anew_however_fresh() -> None:
    told = story(Rule("g/r", "f:1", when=pids_over(200), hold=5, fresh=0.5)).see(0, box(1))
    for at in (1.0, 2.0, 3.0, 6.5, 7.5, 8.5, 9.5, 10.5, 11.4):
        told.sample(at, box(1), pids=201)
    assert told.at() == []
    told.sample(11.5, box(1), pids=201)
    assert told.at() == [(1, 11.5)]
