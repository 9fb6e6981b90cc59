"""A rule with a limit: all or none, at the next tick, and said once."""

from dataclasses import replace

import pytest

from reactor.core.cautions import RuleHeld, RuleReleased
from reactor.core.decisions import Result, Why
from reactor.core.rules import Exemption, Rule, Trigger
from tests.core.build import Story, anew, box, pids_over, story

TWO = Rule("g/r", "f:1", when=pids_over(200), limit=2)


def _samples(told: Story, at: float, *ns: int, pids: int = 201) -> Story:
    for n in ns:
        told.sample(at, box(n), pids=pids)
    return told


def _seen(*rules: Rule, **setup: object) -> Story:
    return story(*rules, **setup).see(0, *(box(n) for n in range(1, 8)))


def test_as_many_as_the_limit_are_ended_at_the_next_tick() -> None:
    told = _samples(_seen(TWO), 1, 1, 2)
    assert told.at() == [], "more may match by the next tick"
    _samples(told, 1.2, 3, pids=200).tick(1.5)
    assert told.at() == [(1, 1.5), (2, 1.5)]
    assert told.said(RuleHeld) == []


def _begun(rule: Rule) -> Story:
    """A monitor that has just begun: it knows who runs, and has no readings yet."""
    return story(rule, proven=frozenset({rule.digest})).snapshot(0, *(box(n) for n in range(1, 5)))


def test_readings_that_come_one_by_one_after_a_start_end_nobody() -> None:
    told = _samples(_begun(TWO), 0.4, 1).tick(0.5)
    _samples(told, 0.6, 2, 3).sample(0.6, box(4), pids=200)
    told.tick(1.5).tick(11)
    assert told.at() == []
    assert told.said(RuleHeld) == [RuleHeld(1.5, "g/r", 3, 2)]


def test_after_a_start_a_limit_waits_for_the_readings_and_not_for_ever() -> None:
    told = _samples(_begun(TWO), 0.4, 1, 2, 3, pids=200).tick(1)
    _samples(told, 2, 1).tick(2)
    assert told.at() == []
    told.sample(2.5, box(4), pids=200).tick(3)
    assert told.at() == [(1, 3)]
    told = _begun(TWO)
    for at in range(1, 12):
        _samples(told, at, 1).tick(at)
    assert told.at() == [(1, 10)], "one that is never read holds nobody up any longer"


def test_one_more_than_the_limit_and_nobody_is_ended() -> None:
    told = _samples(_seen(TWO), 1, 1, 2, 3)
    told.tick(1.5).tick(2.5)
    assert told.at() == []
    assert told.said(RuleHeld) == [RuleHeld(1.5, "g/r", 3, 2)]
    assert told.state.curbs.limited["g/r"].matches == 3
    _samples(told, 3, 3, pids=1).tick(3.5).tick(4.5)
    assert told.at() == [(1, 3.5), (2, 3.5)]
    assert told.said(RuleReleased) == [RuleReleased(3.5, "g/r", 2, 2)]
    assert told.state.curbs.limited == {}


def test_what_was_decided_a_moment_ago_counts_too() -> None:
    told = _samples(_seen(TWO), 1, 1, 2).tick(1)
    told.outcome(1.1, told.decisions[0]).outcome(1.1, told.decisions[1])
    told.vanish(1.2, 1).vanish(1.2, 2)
    for at in range(2, 11):
        _samples(told, at, 3).tick(at)
    assert len(told.decisions) == 2
    assert told.said(RuleHeld) == [RuleHeld(2, "g/r", 3, 2)]
    _samples(told, 11, 3).tick(11)
    assert told.at()[2:] == [(3, 11)]


def test_those_who_are_still_being_ended_and_match_count_as_long_as_they_do() -> None:
    told = _samples(_seen(TWO), 1, 1, 2).tick(1)
    for at in range(2, 20):
        _samples(told, at, 1, 2, 3).tick(at)
    assert len(told.decisions) == 2


def test_for_is_disregarded_in_the_count_and_kept_in_the_act() -> None:
    told = _seen(replace(TWO, hold=5))
    for at in range(1, 7):
        _samples(told, at, 1, 2)
        if at >= 4:
            _samples(told, at, 3)
        told.tick(at)
    assert told.at() == [], "the third one would be next"
    assert told.said(RuleHeld) == [RuleHeld(4, "g/r", 3, 2)]
    _samples(told, 7, 1, 2).sample(7, box(3), pids=1).tick(7)
    assert told.at() == [(1, 7), (2, 7)]


def _in_vain(told: Story, at: float, result: Result, why: Why, *, final: bool) -> Story:
    for decision in told.decisions[:2]:
        told.outcome(at, decision, result, why, final=final)
    return told


@pytest.mark.parametrize(
    ("result", "why", "final"),
    [
        (Result.UNKNOWN, Why.WEDGED, False),
        (Result.FAILED, Why.FORBIDDEN, True),
        (Result.FAILED, Why.GIVEN_UP, True),
    ],
)
def test_those_that_cannot_be_ended_do_not_hold_the_others_for_ever(
    result: Result, why: Why, *, final: bool
) -> None:
    """Two of two are tried in vain; the third counts alone, and a fourth and fifth are one too many."""
    told = _in_vain(_samples(_seen(TWO), 1, 1, 2).tick(1), 16, result, why, final=final)
    for at in range(17, 20):
        _samples(told, at, 1, 2, 3).tick(at)
    assert told.at()[2:] == [(3, 17)]
    assert told.said(RuleHeld) == []
    told.outcome(19.5, told.decisions[2]).vanish(19.6, 3)
    for at in range(30, 33):
        _samples(told, at, 1, 2, 4, 5, 6).tick(at)
    assert told.at()[3:] == []
    assert told.said(RuleHeld) == [RuleHeld(30, "g/r", 3, 2)]


def test_one_that_was_tried_in_vain_is_tried_again_and_counts_in_its_next_run() -> None:
    told = _samples(_seen(replace(TWO, limit=1)), 1, 1).tick(1)
    told.outcome(2, told.decisions[0], Result.FAILED, Why.FORBIDDEN)
    for at in range(50, 64):
        _samples(told, at, 1).tick(at)
    assert told.at() == [(1, 1), (1, 62)], "it rests for a minute"
    told.outcome(63, told.decisions[1])
    again = anew(box(1), 9, at=70)
    told.see(70, again).sample(75, again, pids=201).sample(75, box(2), pids=201).tick(75)
    assert told.at()[2:] == []
    assert told.said(RuleHeld) == [RuleHeld(75, "g/r", 2, 1)]


@pytest.mark.parametrize("why", [Why.UNREACHABLE, Why.STRICT])
def test_an_engine_that_does_not_answer_says_nothing_of_a_run(why: Why) -> None:
    told = _samples(_seen(TWO), 1, 1, 2).tick(1)
    result = Result.UNKNOWN if why is Why.UNREACHABLE else Result.REFUSED
    _in_vain(told, 16, result, why, final=result is Result.REFUSED)
    for at in range(17, 20):
        _samples(told, at, 1, 2, 3).tick(at)
    assert len(told.decisions) == 2


def test_another_rule_is_not_held_by_this_one() -> None:
    told = _seen(TWO, Rule("g/all", "f:2", when=pids_over(300)))
    _samples(told, 1, 1, 2, 3).sample(1, box(4), pids=301)
    assert told.ended() == [(4, "g/all")]
    told.tick(1.5)
    assert told.ended() == [(4, "g/all")]


def test_who_is_exempt_or_stale_or_out_of_scope_does_not_count() -> None:
    spare = replace(TWO, exempt=(Exemption("e", ("name",), (("c3",),)),))
    told = _seen(spare).see(0, box(8, labels={}))
    _samples(told, 1, 3).sample(1, box(8), pids=999)
    _samples(told, 1, 4)
    for at in range(2, 12):
        _samples(told, at, 5, pids=1).tick(at)
    assert told.at() == [(4, 2)]


def test_a_dry_rule_with_a_limit_holds_and_what_it_has_said_does_not_count_for_ever() -> None:
    told = _seen(replace(TWO, dry_run=True))
    for at in range(1, 13):
        _samples(told, at, 1, 2).tick(at)
    assert told.at() == [(1, 1), (2, 1)]
    for at in range(13, 15):
        _samples(told, at, 1, 2, 3).tick(at)
    assert told.at()[2:] == [(3, 13)]


def test_triggers_have_limits_too() -> None:
    told = _seen(Rule("g/oom", "f:1", on=Trigger.OOM, limit=2)).oom(1, 1).oom(1, 2).oom(1, 3).tick(2).tick(3)
    assert told.at() == []
    assert len(told.said(RuleHeld)) == 1
    alone = _seen(Rule("g/oom", "f:1", on=Trigger.OOM, limit=2)).oom(1, 1).oom(1, 2).tick(2).tick(3)
    assert alone.at() == [(1, 2), (2, 2)]


def test_a_limit_of_nothing_ends_nobody() -> None:
    told = _samples(_seen(replace(TWO, limit=0)), 1, 1).tick(2).tick(3)
    assert told.at() == []
    assert told.said(RuleHeld) == [RuleHeld(2, "g/r", 1, 0)]
