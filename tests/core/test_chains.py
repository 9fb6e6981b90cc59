"""Rules that leave a container running, and chains with something before the end, in the core."""

from reactor.core.decisions import Result, Why
from reactor.core.rules import Level, Rule, Trigger
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from tests.core.build import Story, age_over, box, cid, over, pids_over, story

HOOK = (Stage(Action.WEBHOOK, target="oncall"),)
WARN = Rule("g/warn", "f:1", when=pids_over(100), action=Action.WEBHOOK, then=HOOK, cooldown=60)
KILL = Rule("g/kill", "f:2", when=pids_over(200))
PAUSE = Rule("g/pause", "f:3", when=pids_over(150), action=Action.PAUSE, then=(Stage(Action.PAUSE),))
WAITS = (Stage(Action.NOTICE, wait=60), Stage(Action.KILL))
GENTLE = Rule("g/r", "f:4", when=pids_over(100), level=Level.SOFT, then=WAITS)
HARD = Rule("g/r", "f:5", when=pids_over(200), level=Level.HARD)


def _told(told: Story) -> list[tuple[float, Action]]:
    return [(decision.at, decision.action) for decision in told.decisions]


def test_it_speaks_once_as_long_as_its_condition_holds() -> None:
    told = story(WARN).see(0, box(1), box(2)).sample(0, box(2), pids=100)
    for at in range(1, 200):
        told.sample(at, box(1), pids=101).tick(at)
    assert _told(told) == [(1, Action.WEBHOOK)]
    assert told.decisions[0].stages == HOOK


def test_it_speaks_again_when_its_condition_holds_anew_and_its_cooldown_is_over() -> None:
    """A value that swings about the threshold every second is told of once a minute."""
    told = story(WARN).see(0, box(1))
    for at in range(1, 130):
        told.sample(at, box(1), pids=101 if at % 2 else 99)
    assert [at for at, _ in _told(told)] == [1, 61, 121]


def test_it_stands_in_nobodys_way_and_nobody_in_its() -> None:
    """Both in one moment, and a warning also while the run is being ended; but a pause no more."""
    told = story(WARN, KILL, PAUSE).see(0, box(1)).sample(1, box(1), pids=101)
    assert _told(told) == [(1, Action.WEBHOOK)]
    told = story(WARN, KILL, PAUSE).see(0, box(1)).sample(1, box(1), pids=250)
    assert _told(told) == [(1, Action.KILL), (1, Action.WEBHOOK)]
    told.sample(2, box(1), pids=250).tick(3)
    assert len(told.decisions) == 2


def test_its_outcome_ends_nothing_and_takes_no_sidecar_along() -> None:
    side = box(5, labels={"reactor.sidecar-of": "t1"})
    told = story(WARN).see(0, box(1), side).sample(1, box(1), pids=101)
    told.outcome(2, told.decisions[0], Result.DONE, Why.CARRIED_OUT)
    assert (len(told.decisions), told.entry(1).settled, told.entry(1).ending) == (1, False, "")


def test_what_failed_is_tried_again_after_the_cooldown() -> None:
    told = story(WARN).see(0, box(1)).sample(1, box(1), pids=101)
    told.outcome(2, told.decisions[0], Result.FAILED, Why.STAGE_FAILED)
    for at in range(2, 70):
        told.sample(at, box(1), pids=101)
    assert [at for at, _ in _told(told)] == [1, 61]


def test_a_restart_takes_no_sidecar_along_and_the_next_run_is_judged_anew() -> None:
    again = Rule("g/again", "f:6", when=age_over(10), action=Action.RESTART, then=(Stage(Action.RESTART),))
    side = box(5, labels={"reactor.sidecar-of": "t1"})
    told = story(again).see(0, box(1), side).tick(11)
    assert _told(told) == [(11, Action.RESTART), (11, Action.RESTART)]
    told.outcome(12, told.decisions[0], Result.DONE, Why.ENDED)
    assert len(told.decisions) == 2


def test_a_hard_level_does_not_wait_for_what_a_soft_one_does_before_its_end() -> None:
    told = story(GENTLE, HARD).see(0, box(1)).sample(1, box(1), pids=101).sample(2, box(1), pids=201)
    assert [decision.at for decision in told.decisions] == [1, 2]
    assert [len(decision.stages) for decision in told.decisions] == [2, 0]
    told.sample(3, box(1), pids=250).tick(4)
    assert len(told.decisions) == 2


def test_of_an_end_that_was_seen_others_are_told_although_nothing_can_be_done() -> None:
    tell = Rule("g/tell", "f:7", on=Trigger.DIE, action=Action.WEBHOOK, then=HOOK)
    end = Rule("g/end", "f:8", on=Trigger.DIE)
    told = story(tell, end).see(0, box(1)).see(5, over(box(1), 3))
    assert [(each.run.id, each.rule, each.dry_run) for each in told.decisions] == [
        (cid(1), "g/end", True),
        (cid(1), "g/tell", False),
    ]
