"""A reload: what is kept of unchanged rules, and that changed ones begin anew."""

from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock

from reactor.core.cautions import RuleHeld
from reactor.core.facts import Reloaded, Seen
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.selector import Selector
from reactor.core.state import Setup, Step
from reactor.core.step import wanted_samples
from reactor.streams.graph import Graph
from reactor.streams.scheduler import TrioScheduler
from tests.core.build import Story, age_over, anew, box, over, pids_over, story, total_over

LASTING = Rule("g/r", "f:1", when=pids_over(200), hold=5, digest="d1")
CHANGED = replace(LASTING, digest="d2")


def _reload(told: Story, at: float, *rules: Rule) -> Story:
    told.setup = replace(told.setup, rules=RuleSet(rules))
    return told.tell(Reloaded(at))


def _again(rule: Rule) -> Rule:
    """The same rule, read from the file once more."""
    return replace(rule, place="f:99", when=pids_over(200))


def _holding(told: Story, first: int, last: int) -> Story:
    for at in range(first, last + 1):
        told.sample(at, box(1), pids=201)
    return told


def test_an_unchanged_rule_keeps_its_time_and_a_changed_one_begins_anew() -> None:
    kept = _holding(story(LASTING).see(0, box(1)), 1, 3)
    _holding(_reload(kept, 3.5, _again(LASTING)), 4, 6)
    assert kept.at() == [(1, 6)]
    anew_ = _holding(story(LASTING).see(0, box(1)), 1, 3)
    _holding(_reload(anew_, 3.5, CHANGED), 4, 9)
    assert anew_.at() == [(1, 9)]


def test_a_reload_itself_decides_nothing() -> None:
    told = _holding(story(Rule("g/r", "f:1", when=pids_over(900), digest="a")).see(0, box(1)), 1, 1)
    _reload(told, 1.5, Rule("g/r", "f:1", when=pids_over(100), digest="b"))
    assert told.ended() == []
    told.tick(2)
    assert told.at() == [(1, 2)]


def test_what_an_unchanged_dry_rule_has_said_is_not_said_again() -> None:
    dry = Rule("g/dry", "f:1", when=pids_over(200), dry_run=True, digest="d")
    told = _holding(story(dry).see(0, box(1)), 1, 2)
    _holding(_reload(told, 3, _again(dry)), 4, 5)
    assert told.at() == [(1, 1)]
    _holding(_reload(told, 6, replace(dry, digest="e")), 7, 8)
    assert told.at() == [(1, 1), (1, 7)]


def test_a_cooldown_is_kept_and_ends_with_its_rule() -> None:
    cool = Rule("g/r", "f:1", when=pids_over(200), cooldown=100, digest="c")
    for new, ended in ((_again(cool), [1]), (replace(cool, digest="other"), [1, 1])):
        told = _holding(story(cool).see(0, box(1)), 1, 1)
        told.outcome(2, told.decisions[0]).see(3, over(box(1), 137))
        _reload(told, 4, new)
        later = anew(box(1), 5, at=5)
        told.see(5, later).sample(6, later, pids=201)
        assert told.live() == ended


def test_what_is_being_ended_goes_on_under_other_rules() -> None:
    told = _holding(
        story(replace(LASTING, hold=0)).see(0, box(1), box(5, labels={"reactor.sidecar-of": "t1"})), 1, 1
    )
    _holding(_reload(told, 2, replace(CHANGED, hold=0)), 3, 4)
    assert told.live() == [1]
    told.outcome(5, told.decisions[0])
    assert told.live() == [1, 5]


def test_rules_are_selected_anew_and_readings_asked_for() -> None:
    told = story(Rule("g/age", "f:1", when=age_over(1000), digest="a")).see(0, box(1), box(2))
    assert wanted_samples(told.state) == frozenset()
    roster = told.state.roster
    _reload(told, 5, replace(LASTING, hold=0, select=(Selector(name="c2"),)))
    assert wanted_samples(told.state) == {box(2).run}
    assert told.state.roster != roster
    told.sample(6, box(1), pids=300).sample(6, box(2), pids=300)
    assert told.ended() == [(2, "g/r")]


def test_readings_that_were_not_asked_for_are_not_missed() -> None:
    blind = Rule("g/blind", "f:1", on=Trigger.BLIND, hold=30, dry_run=True, digest="b")
    told = story(blind).see(0, box(1)).tick(1000)
    _reload(told, 1001, blind, LASTING)
    for at in range(1002, 1031):
        told.tick(at)
    told.tick(1030.9)
    assert told.ended() == []
    told.tick(1031)
    assert told.at() == [(1, 1031)]


def test_a_total_keeps_its_time() -> None:
    total = Rule("g/total", "f:1", when=total_over(150), hold=3, digest="t")
    told = story(total).see(0, box(1))
    for at in range(1, 5):
        if at == 3:
            _reload(told, 2.5, replace(total, when=total_over(150)))
        told.sample(at, box(1), pids=201).tick(at)
    assert told.at() == [(1, 4)]


def test_a_rule_that_holds_back_goes_on_doing_so_without_saying_it_again() -> None:
    two = Rule("g/r", "f:1", when=pids_over(200), limit=1, digest="l")
    told = story(two).see(0, box(1), box(2))
    for at in range(1, 5):
        if at == 3:
            _reload(told, 2.5, _again(two))
        told.sample(at, box(1), pids=201).sample(at, box(2), pids=201).tick(at)
    assert (told.ended(), len(told.said(RuleHeld))) == ([], 1)
    _reload(told, 5, LASTING)
    assert told.state.curbs.limited == {}


async def test_the_graph_changes_its_setup_between_two_facts(autojump_clock: MockClock) -> None:
    scheduler = TrioScheduler()
    steps: list[Step] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(Setup(RuleSet(())), scheduler, now=trio.current_time)
        graph.subscribe(steps.append)
        born = trio.current_time() - 100
        told = box(1, born=born, created=None)
        graph.feed(Seen(trio.current_time(), told))
        await trio.sleep(1.5)
        assert not any(step.decisions for step in steps)
        new = Setup(RuleSet((Rule("g/age", "f:1", when=age_over(50)),)))
        graph.reload(new)
        assert graph.setup is new
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert [decision.rule for step in steps for decision in step.decisions] == ["g/age"]


async def test_a_setup_is_not_changed_in_the_middle_of_a_step(autojump_clock: MockClock) -> None:
    scheduler = TrioScheduler()
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(Setup(RuleSet(())), scheduler, now=trio.current_time)
        graph.subscribe(lambda _: graph.reload(Setup(RuleSet(()))))
        with pytest.raises(RuntimeError, match="in the middle of a step"):
            graph.reload(Setup(RuleSet(())))
        nursery.cancel_scope.cancel()
