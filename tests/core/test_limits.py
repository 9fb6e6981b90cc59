"""A rule with a limit: all or none, at the next tick, and said once."""

from dataclasses import replace

from reactor.core.cautions import RuleHeld, RuleReleased
from reactor.core.rules import Exemption, Rule, Trigger
from tests.core.build import Story, box, pids_over, story

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
