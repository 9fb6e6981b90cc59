"""A rule with a defect is put out of force, and nothing else stops."""

from dataclasses import replace

import pytest

from reactor.core.cautions import RuleBroken
from reactor.core.facts import Reloaded
from reactor.core.restraint import MOST_BROKEN
from reactor.core.rules import Condition, Rule, RuleSet, Trigger, View
from tests.core.build import Story, anew, box, cid, condition, pids_over, story

GOOD = Rule("g/good", "f:2", when=pids_over(200))


def _fail(view: View) -> bool:
    raise ZeroDivisionError(f"for {view.name}")


def _say_nothing(_: View) -> str:
    raise KeyError("no word")


BAD = Rule("g/bad", "f:1", when=condition(_fail, "pids"))
MUTE = Rule("g/mute", "f:1", when=replace(pids_over(100), explain=_say_nothing))


def test_a_test_that_fails_is_out_of_force_for_this_container_after_the_first_time() -> None:
    told = story(BAD, GOOD).see(0, box(1), box(2)).sample(1, box(1), pids=5).tick(2)
    notes = told.said(RuleBroken)
    assert notes[0] == RuleBroken(0, box(1).run, "c1", "g/bad", "ZeroDivisionError: for c1", altogether=False)
    assert [note.name for note in notes if isinstance(note, RuleBroken)] == ["c1", "c2"]
    told.sample(3, box(1), pids=201)
    assert told.ended() == [(1, "g/good")]


def test_an_explanation_that_fails_decides_nothing() -> None:
    told = story(MUTE, GOOD).see(0, box(1), box(2)).sample(1, box(1), pids=150).sample(2, box(1), pids=150)
    assert told.ended() == []
    assert len(told.said(RuleBroken)) == 1
    told.sample(3, box(1), pids=201)
    assert told.ended() == [(1, "g/good")]


def test_after_three_containers_it_is_out_of_force_altogether() -> None:
    told = story(MUTE).see(0, *(box(n) for n in range(1, 6)))
    for n in range(1, 6):
        told.sample(n, box(n), pids=150)
    notes = [note for note in told.said(RuleBroken) if isinstance(note, RuleBroken)]
    assert [(note.name, note.altogether) for note in notes] == [("c1", False), ("c2", False), ("c3", True)]
    assert told.state.curbs.is_off("g/mute")


def test_the_next_run_of_the_container_is_not_tried_again() -> None:
    told = story(MUTE).see(0, box(1)).sample(1, box(1), pids=150)
    later = anew(box(1), 5, at=5)
    told.see(5, later).sample(6, later, pids=150).tick(7)
    assert len(told.said(RuleBroken)) == 1


def test_a_changed_rule_gets_another_chance_and_an_unchanged_one_does_not() -> None:
    told = story(replace(MUTE, digest="a"), GOOD).see(0, box(1)).sample(1, box(1), pids=150)
    told.setup = replace(told.setup, rules=RuleSet((replace(MUTE, digest="a"), GOOD)))
    told.tell(Reloaded(2)).sample(3, box(1), pids=150)
    assert len(told.said(RuleBroken)) == 1
    told.setup = replace(
        told.setup, rules=RuleSet((Rule("g/mute", "f:1", when=pids_over(100), digest="b"), GOOD))
    )
    told.tell(Reloaded(4)).sample(5, box(1), pids=150)
    assert told.ended() == [(1, "g/mute")]


@pytest.mark.parametrize("limit", [None, 5])
def test_a_defect_in_a_held_back_or_triggered_rule_stops_nothing_either(limit: int | None) -> None:
    bad = Rule("g/oom", "f:1", on=Trigger.OOM, when=BAD.when, limit=limit)
    told = story(bad, replace(MUTE, limit=limit), GOOD).see(0, box(1), box(2)).oom(1, 1)
    told.sample(2, box(1), pids=150).tick(3).tick(4).sample(5, box(2), pids=201)
    assert told.ended() == [(2, "g/good")]
    names = sorted({note.rule for note in told.said(RuleBroken) if isinstance(note, RuleBroken)})
    assert names == ["g/mute", "g/oom"]


def test_a_defect_does_not_come_out_of_the_step_whatever_it_is() -> None:
    def fail(_: View) -> bool:
        raise RecursionError

    rule = Rule("g/deep", "f:1", when=Condition("text", fail, lambda _: "", frozenset({"pids"})))
    told: Story = story(rule).see(0, box(1)).tick(1)
    assert [note.error for note in told.said(RuleBroken) if isinstance(note, RuleBroken)] == [
        "RecursionError: "
    ]


def _failed_and_gone(told: Story, n: int, at: float) -> None:
    """One more container on which the rule fails; it is gone at once, and forgotten 10 s later."""
    told.see(at, box(n)).sample(at + 1, box(n), pids=150).vanish(at + 2, n).tick(at + 11.9)
    assert told.state.curbs.broken == {"g/mute": frozenset({cid(n)})}
    told.tick(at + 12)


def test_where_it_failed_is_forgotten_with_the_container() -> None:
    """Three in a year are no reason to leave all others alone."""
    told = story(MUTE, GOOD)
    for n in range(1, 6):
        _failed_and_gone(told, n, n * 100)
        assert told.state.curbs.broken == {}
    notes = [note for note in told.said(RuleBroken) if isinstance(note, RuleBroken)]
    assert [note.altogether for note in notes] == [False] * 5


def test_what_is_out_of_force_altogether_stays_so_and_remembers_no_more_for_it() -> None:
    told = story(MUTE)
    for n in range(1, 51):
        told.see(n / 10, box(n)).sample(n / 10, box(n), pids=150)
    for n in range(1, 51):
        told.vanish(8, n)
    told.tick(18)
    assert len(told.state.entries) == 0
    assert told.state.curbs.is_off("g/mute")
    assert len(told.state.curbs.broken["g/mute"]) == MOST_BROKEN
    told.see(20, box(51)).sample(21, box(51), pids=150)
    assert len(told.said(RuleBroken)) == MOST_BROKEN


def test_a_defect_is_said_as_well_if_the_next_run_has_begun_already() -> None:
    """The end and the new run are found in one look; the rule is not tried again at the next end."""
    told = story(Rule("g/bad", "f:1", on=Trigger.DIE, when=BAD.when)).see(0, box(1))
    for second in (5, 6, 7):
        told.see(second, anew(box(1), second, at=second))
    assert len(told.said(RuleBroken)) == 1
    assert told.entry(1).run == anew(box(1), 7, at=7).run
