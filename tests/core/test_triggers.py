"""Triggers beside OOM: each counts once for each time, for the run it is about, and while ``when`` holds."""

from dataclasses import replace

import pytest

from reactor.core.container import Container, Run, State
from reactor.core.decisions import Result, Why
from reactor.core.facts import Subscription
from reactor.core.protection import Policy
from reactor.core.rules import Rule, Trigger
from reactor.core.selector import Selector
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from tests.core.build import Story, anew, box, condition, over, pids_over, story

SIDE = box(5, labels={"reactor.sidecar-of": "t1"})
DIE = Rule("g/die", "f:1", on=Trigger.DIE)
SICK = Rule("g/sick", "f:1", on=Trigger.UNHEALTHY)
START = Rule("g/start", "f:1", on=Trigger.START)
CREATE = Rule("g/create", "f:1", on=Trigger.CREATE)
LOOP = Rule("g/loop", "f:1", on=Trigger.CRASH_LOOP, action=Action.STOP)
ORPHANED = Rule("g/orphaned", "f:1", on=Trigger.ORPHANED, action=Action.KILL)
BLIND = Rule("g/blind", "f:1", on=Trigger.BLIND, hold=30, dry_run=True)
PIDS = Rule("g/pids", "f:2", when=pids_over(200))


def _created(n: int, at: float) -> Container:
    return box(n, run=Run(box(n).id, ""), state=State.CREATED, born=None, created=at)


# Die


def test_the_end_of_a_main_takes_what_is_left_of_its_task() -> None:
    told = story(DIE).see(0, box(1), box(2), SIDE).see(1, over(box(1), 3))
    assert told.live() == [1]
    assert told.decisions[0].reason == "it ended with exit code 3"
    told.outcome(2, told.decisions[0], Result.DONE, Why.ALREADY_OVER)
    assert told.live() == [1, 5]
    told.tick(3).tick(20)
    assert len(told.decisions) == 2


def test_the_end_of_a_run_that_leaves_nothing_behind_is_only_said() -> None:
    told = story(DIE).see(0, box(1), box(2)).see(1, over(box(1), 3)).tick(2).see(3, over(box(1), 3))
    assert [(d.dry_run, int(d.run.id, 16)) for d in told.decisions] == [(True, 1)]


def test_an_end_counts_only_while_the_condition_holds() -> None:
    rule = replace(DIE, when=condition(lambda view: view.name == "c1", "name"))
    told = story(rule).see(0, box(1), box(2)).see(1, over(box(1)), over(box(2)))
    assert told.ended() == [(1, "g/die")]


def test_an_end_that_was_found_in_the_next_run_is_said_and_touches_nobody() -> None:
    told = story(DIE).see(0, box(1), SIDE).see(5, anew(box(1), 5, at=5))
    assert [(d.dry_run, d.run) for d in told.decisions] == [(True, box(1).run)]
    assert told.entry(1).decided == 0
    told.tick(6)
    assert len(told.decisions) == 1


def test_what_was_over_before_we_came_is_no_end() -> None:
    assert story(DIE).snapshot(0, over(box(1), 1), SIDE).tick(1).ended() == []


def test_an_end_out_of_scope_is_nobodys_business() -> None:
    told = story(DIE).see(0, box(1, labels={})).see(1, over(box(1, labels={}), 1))
    assert told.ended() == []


def test_a_run_that_was_taken_for_over_and_lives_has_not_ended() -> None:
    rule = replace(DIE, when=pids_over(10))
    told = story(rule).see(0, box(1), SIDE).see(1, over(box(1))).see(2, box(1)).sample(3, box(1), pids=11)
    assert told.ended() == []


def test_an_end_behind_a_limit_or_a_gate_is_only_said_as_well_if_nothing_is_left() -> None:
    told = (
        story(replace(DIE, limit=3)).see(0, box(1), box(2), SIDE).see(1, over(box(1)), over(box(2))).tick(2)
    )
    assert [(int(d.run.id, 16), d.dry_run) for d in told.decisions] == [(1, False), (2, True)]


# Unhealthy


def test_each_turn_to_unhealthy_counts_once() -> None:
    dry = replace(SICK, dry_run=True)
    told = story(dry)
    for at, health in enumerate(
        ["starting", "unhealthy", "unhealthy", "healthy", "unhealthy", "", "healthy"]
    ):
        told.see(at, box(1, health=health), box(2, health="healthy")).tick(at + 0.5)
    assert told.at() == [(1, 1), (1, 4)]


def test_an_unhealthy_run_is_ended_once() -> None:
    told = story(SICK).see(0, box(1, health="healthy"), box(2, health="starting"))
    told.see(1, box(1, health="unhealthy")).see(2, box(1, health="healthy")).see(
        3, box(1, health="unhealthy")
    )
    assert told.at() == [(1, 1)]


def test_what_is_unhealthy_when_we_come_counts() -> None:
    assert story(SICK).snapshot(0, box(1, health="unhealthy"), box(2)).ended() == [(1, "g/sick")]


def test_a_turn_that_was_taken_back_is_not_judged_when_its_condition_becomes_known() -> None:
    rule = replace(SICK, when=pids_over(10))
    told = story(rule).see(0, box(1), box(2)).see(1, box(1, health="unhealthy"), box(2, health="unhealthy"))
    told.see(2, box(1, health="healthy"))
    told.sample(3, box(1), pids=11).sample(3, box(2), pids=11)
    assert told.at() == [(2, 3)]


# Start and create


def test_a_start_after_we_came_counts_once_and_one_before_does_not() -> None:
    told = story(START).snapshot(10, box(1, born=3.0))
    told.see(11, box(2, born=10.5, created=10.4)).see(12, box(2, born=10.5, created=10.4)).tick(13)
    assert told.at() == [(2, 11)]


def test_what_ran_before_we_came_and_was_seen_late_did_not_start() -> None:
    told = story(START, CREATE).snapshot(10, unsure=frozenset({box(1).id}))
    told.see(11, box(1, born=3.0, created=2.0), box(2, born=None, created=11.0))
    assert told.ended() == [(2, "g/start")]


def test_every_run_has_its_start() -> None:
    told = story(replace(START, dry_run=True)).snapshot(0, box(1, born=-1.0), box(2, born=-1.0))
    told.see(5, over(box(1))).see(6, anew(box(1), 6, at=6)).see(7, anew(box(1), 7, at=7))
    assert told.at() == [(1, 6), (1, 7)]


def test_a_start_counts_only_while_the_condition_holds() -> None:
    rule = replace(START, when=condition(lambda view: view.image.endswith(":latest"), "image"))
    told = story(rule).snapshot(0)
    told.see(1, box(1, image="a:latest", born=0.5, created=0.5), box(2, image="a:1", born=0.5, created=0.5))
    assert told.ended() == [(1, "g/start")]


def test_a_creation_counts_for_the_first_run_whether_or_not_it_was_seen_before_it() -> None:
    told = story(CREATE).snapshot(0, box(3, created=-5.0))
    told.see(1, _created(1, 0.9)).tick(2)
    assert told.ended() == [], "there is no run yet"
    told.see(3, box(1, created=0.9, born=2.9), box(2, created=2.0, born=2.5)).tick(4)
    assert told.at() == [(1, 3), (2, 3)]
    told.see(5, anew(box(3), 5, at=5)).see(6, anew(box(1, created=0.9), 6, at=6))
    assert len(told.decisions) == 2


def test_what_is_only_said_of_a_creation_is_said_at_once_and_once() -> None:
    told = story(replace(CREATE, dry_run=True)).snapshot(0).see(1, _created(1, 0.9))
    told.see(3, box(1, created=0.9, born=2.9)).tick(4)
    assert told.at() == [(1, 1)]


# Crash loops


def _loop(told: Story, n: int, pause: float, ends: int, begin: float = 0.0) -> float:
    told.snapshot(begin, box(n, born=begin))
    for number in range(1, ends + 1):
        told.see(begin + pause * number, anew(box(n), number, at=begin + pause * number))
    return begin + pause * ends


@pytest.mark.parametrize(("pause", "ends", "found"), [(14, 5, 1), (15, 4, 0), (15.1, 5, 0), (15, 5, 1)])
def test_five_ends_within_a_minute_are_a_crash_loop(pause: float, ends: int, found: int) -> None:
    """Five ends, of which the last is at most 60 s after the first."""
    told = story(LOOP)
    _loop(told, 1, pause, ends)
    assert len(told.decisions) == found


def test_the_numbers_of_a_crash_loop_can_be_set() -> None:
    told = story(LOOP, crash_ends=3, crash_within=10)
    _loop(told, 1, 5, 3)
    _loop(told, 2, 5.1, 3, begin=100)
    assert told.at() == [(1, 15)]
    assert told.decisions[0].reason == "it ended 3 times or more within 10 s"


def test_every_run_of_a_loop_may_be_ended_and_what_is_only_said_is_said_once() -> None:
    live, dry = story(LOOP), story(replace(LOOP, dry_run=True))
    _loop(live, 1, 1, 8)
    _loop(dry, 1, 1, 8)
    assert live.at() == [(1, 5), (1, 6), (1, 7), (1, 8)], "each run is another one"
    assert dry.at() == [(1, 5)]


def test_a_loop_that_came_to_rest_and_begins_again_is_said_again() -> None:
    dry = story(replace(LOOP, dry_run=True))
    _loop(dry, 1, 1, 6)
    for number in range(5):
        dry.see(1000 + number, anew(box(1), 20 + number, at=1000.0 + number))
    assert dry.at() == [(1, 5), (1, 1004)]


def test_the_engines_own_count_tells_of_ends_that_nobody_saw() -> None:
    told = story(LOOP).snapshot(0, box(1, restarts=7), box(2, restarts=7))
    told.see(2, replace(anew(box(1), 2, at=2), restarts=11), replace(anew(box(2), 2, at=2), restarts=10))
    assert told.ended() == []
    told.see(3, replace(anew(box(1), 3, at=3), restarts=12))
    assert told.at() == [(1, 3)]


def test_an_end_that_we_and_the_engine_count_is_one_end() -> None:
    told = story(LOOP).snapshot(0, box(1, restarts=0))
    for n in range(1, 5):
        told.see(
            n,
            replace(
                box(1),
                run=Run(box(1).id, box(1).run.started_at) if n == 1 else _run(n - 1),
                state=State.RESTARTING,
                restarts=n,
            ),
        )
        told.see(n + 0.5, replace(anew(box(1), n, at=n + 0.5), restarts=n))
    assert told.ended() == [], "these are four"
    told.see(5, replace(anew(box(1), 4, at=4.5), restarts=5, state=State.RESTARTING))
    assert told.at() == [(1, 5)]


def _run(second: int) -> Run:
    return anew(box(1), second, at=0).run


def test_a_count_that_the_engine_began_anew_does_not_hide_a_loop() -> None:
    told = story(LOOP).snapshot(0, box(1, restarts=40))
    told.see(1, replace(anew(box(1), 1, at=1), restarts=0))  # one end, by hand
    told.see(2, replace(anew(box(1), 2, at=2), restarts=3))
    assert told.ended() == []
    told.see(3, replace(anew(box(1), 3, at=3), restarts=4))
    assert told.at() == [(1, 3)]


def test_ends_by_hand_count_after_those_that_only_the_engine_saw() -> None:
    told = story(LOOP).snapshot(0, box(1, restarts=0))
    told.see(1, box(1, restarts=3, state=State.RESTARTING))
    for n in range(2, 5):
        assert told.ended() == []
        told.see(n, replace(anew(box(1), n, at=n), restarts=0))
    assert told.at() == [(1, 4)]


def test_a_loop_counts_once_for_each_run_of_it() -> None:
    told = story(replace(LOOP, when=pids_over(10)))
    _loop(told, 1, 1, 5)
    last = anew(box(1), 5, at=5)
    told.sample(5.5, last, pids=1).see(6, last).sample(7, last, pids=11)
    assert told.ended() == []
    told.see(8, anew(box(1), 8, at=8)).sample(9, anew(box(1), 8, at=8), pids=11)
    assert told.at() == [(1, 9)]


# Orphans


def _orphan(told: Story) -> Story:
    told.snapshot(0, box(1), SIDE, box(2), box(6, labels={"reactor.sidecar-of": "t2"}))
    told.snapshot(5, over(box(1)), SIDE, box(2), box(6, labels={"reactor.sidecar-of": "t2"}))
    told.snapshot(10, over(box(1)), SIDE, box(2), box(6, labels={"reactor.sidecar-of": "t2"}))
    return told.tick(14.9)


def test_a_rule_about_orphans_says_what_is_done_at_the_usual_moment() -> None:
    told = _orphan(story(ORPHANED))
    assert told.ended() == []
    told.tick(15).tick(16)
    assert [(d.rule, d.action, d.at) for d in told.decisions] == [("g/orphaned", Action.KILL, 15)]
    assert told.decisions[0].reason == "its main has been gone for 10 s"


def test_a_dry_rule_about_orphans_takes_the_usual_one_out_of_force() -> None:
    told = _orphan(story(replace(ORPHANED, dry_run=True))).tick(15).tick(16).tick(100)
    assert [(d.rule, d.dry_run) for d in told.decisions] == [("g/orphaned", True)]


def test_a_rule_about_other_orphans_leaves_the_usual_one_in_force() -> None:
    told = _orphan(story(replace(ORPHANED, select=(Selector(name="x*"),)))).tick(15)
    assert [(d.rule, d.action) for d in told.decisions] == [("orphan", Action.STOP)]


def test_a_rule_about_orphans_whose_condition_does_not_hold_ends_nobody() -> None:
    told = _orphan(story(replace(ORPHANED, when=condition(lambda _: False)))).tick(15).tick(60)
    assert told.ended() == []


def test_an_orphan_whose_main_came_back_at_the_last_look_is_counted_anew() -> None:
    told = _orphan(story(ORPHANED)).tick(15)
    told.outcome(15.2, told.decisions[0], Result.REFUSED, Why.PROTECTED).tick(16)
    assert len(told.decisions) == 1
    told.snapshot(20, SIDE).snapshot(25, SIDE).tick(30)
    assert told.at() == [(5, 15), (5, 30)]


def test_a_sample_does_not_end_an_orphan_between_two_ticks() -> None:
    rule = replace(ORPHANED, when=pids_over(10))
    told = _orphan(story(rule)).tick(15).sample(15.5, SIDE, pids=11)
    assert told.ended() == []
    told.tick(16)
    assert told.at() == [(5, 16)]


def test_a_rule_that_only_tells_of_an_orphan_tells_once_whatever_is_read_of_it() -> None:
    """And once more when its main came back and went again."""
    tell = replace(ORPHANED, action=Action.WEBHOOK, then=(Stage(Action.WEBHOOK, target="oncall"),))
    told = _orphan(story(tell))
    for at in range(15, 30):
        told.tick(at).sample(at + 0.5, SIDE, pids=11)
    assert told.at() == [(5, 15)]
    told.snapshot(30, SIDE, box(1)).tick(30).tick(31).snapshot(32, SIDE).snapshot(37, SIDE)
    for at in range(38, 60):
        told.tick(at).sample(at + 0.5, SIDE, pids=11)
    assert told.at() == [(5, 15), (5, 42)]


# Blind


def test_a_run_of_which_nothing_is_known_for_too_long_is_said_once_for_each_time() -> None:
    told = story(BLIND, PIDS).see(0, box(1), box(2)).sample(1, box(1), pids=1)
    for at in range(2, 31):
        told.sample(at, box(2), pids=1).tick(at)
    assert told.ended() == []
    told.sample(31, box(2), pids=1).tick(31).tick(32)
    assert told.at() == [(1, 31)]
    assert told.decisions[0].reason == "no reading of it for 30 s"
    told.sample(40, box(1), pids=1).sample(40, box(2), pids=1)
    for at in range(33, 70):
        told.tick(at)
    told.tick(69.9).sample(69.9, box(2), pids=1)
    assert len(told.decisions) == 1
    told.tick(70)
    assert told.at() == [(1, 31), (1, 70)]


def test_a_frame_without_data_is_no_reading() -> None:
    told = story(BLIND, PIDS).see(0, box(1))
    for at in range(1, 31):
        told.sample(at, box(1)).tick(at)
    assert told.at() == [(1, 30)]


def test_nobody_is_missed_of_whom_no_reading_is_wanted() -> None:
    assert story(BLIND).see(0, box(1)).tick(1000).ended() == []


def test_without_events_everybody_is_out_of_sight() -> None:
    told = story(BLIND).see(0, box(1)).tell(Subscription(100, up=False)).tick(129.9)
    assert told.ended() == []
    told.tell(Subscription(120, up=False)).tick(130)
    assert told.at() == [(1, 130)]
    assert told.decisions[0].reason == "no events for 30 s"


def test_events_that_came_back_in_time_are_none_to_miss() -> None:
    told = story(BLIND).see(0, box(1)).tell(Subscription(100, up=False), Subscription(129, up=True)).tick(200)
    assert told.ended() == []


def test_a_blind_rule_needs_a_sample_that_is_stale() -> None:
    told = story(replace(BLIND, hold=0), PIDS).see(0, box(1)).sample(1, box(1), pids=1).tick(11)
    assert told.ended() == []
    told.tick(11.1)
    assert told.at() == [(1, 11.1)]


@pytest.mark.parametrize("rule", [DIE, SICK, START, CREATE, LOOP, BLIND])
def test_no_trigger_reaches_what_is_out_of_scope_or_skipped(rule: Rule) -> None:
    stranger: dict[str, str] = {}
    skipped = {"reactor.task": "t", "reactor.skip": ""}
    told = story(rule, PIDS, policy=Policy()).snapshot(0)
    for n, labels in ((1, stranger), (2, skipped)):
        told.see(1, box(n, created=0.5, born=0.5, health="unhealthy", labels=labels))
        for second in range(2, 9):
            told.see(second, anew(box(n, labels=labels), second, at=second))
        told.see(10, over(anew(box(n, labels=labels), 8, at=8)))
    told.tell(Subscription(10, up=False)).tick(300)
    assert told.ended() == []


def test_a_monitor_that_stood_still_takes_nobody_for_unseen() -> None:
    """It was stopped for longer than the rule allows: what it did not see then says nothing of them."""
    blind = Rule("g/blind", "f:1", on=Trigger.BLIND, hold=30)
    for first in ("tick", "snapshot"):
        told = story(blind, Rule("g/pids", "f:2", when=pids_over(200))).see(0, box(1), box(2))
        for at in range(1, 20):
            told.sample(at, box(1), pids=10).sample(at, box(2), pids=10).tick(at)
        if first == "snapshot":
            told.snapshot(100, replace(box(1)), replace(box(2)))
        told.tick(100)
        for at in range(101, 135):
            told.sample(at, box(1), pids=10).tick(at)
        assert told.at() == [(2, 130)], "and from there on it counts as ever"
