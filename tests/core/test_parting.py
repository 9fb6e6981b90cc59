"""Who goes for the sake of sidecars: one after the other, the last started first, never against an order."""

from dataclasses import replace

import pytest

from reactor.core.container import Container
from reactor.core.decisions import Result, Why
from reactor.core.facts import Held, Parted, Parting, Resumed, Silenced
from reactor.core.last_look import BUILT_IN, allows
from reactor.core.orders import Hold, Silence
from reactor.core.protection import Standing
from reactor.core.recipes import Provisions
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Setup
from tests.core.build import Story, box, cid, over, pids_over, rules, story
from tests.core.test_planning import API, DB, MAIN, beside, healthy

PIDS = Rule("g/pids", "f:1", when=pids_over(200))


def both() -> tuple[Container, ...]:
    """Two that were made, the second later, and one that somebody else made for the same task."""
    other = box(4, labels={"reactor.sidecar-of": "t"}, name="other", born=6.0)
    return healthy(), beside(3, "api"), other


def test_a_cascade_takes_what_was_made_one_after_the_other() -> None:
    """What others made goes at once, as ever; the rule and the cause stay those of the main's end."""
    told = story(PIDS).see(10, MAIN, *both()).sample(11, MAIN, pids=201)
    (of_main,) = told.decisions
    told.outcome(12, of_main)
    assert [(int(each.run.id, 16), each.rule) for each in told.decisions[1:]] == [
        (3, "g/pids"),
        (4, "g/pids"),
    ]
    told.see(13, over(MAIN), over(beside(3, "api")))
    told.outcome(13, told.decisions[1])
    assert told.ended()[3:] == [(2, "g/pids")]
    assert {each.cause for each in told.decisions[1:]} == {of_main.id}
    told.outcome(14, told.decisions[3])
    assert len(told.decisions) == 4


@pytest.mark.parametrize("stays", ["silenced", "vain"])
def test_whoever_stays_is_waited_for_by_nobody(stays: str) -> None:
    """Somebody spared the last one, or the engine does not get it ended: the one before goes all the same."""
    told = story(PIDS).see(10, MAIN, *both())
    if stays == "silenced":
        told.tell(Silenced(10, Silence("s", 10.0, 100.0, "me", "", container=cid(3))))
    told.sample(11, MAIN, pids=201).outcome(12, told.decisions[0])
    if stays == "vain":
        told.outcome(13, told.decisions[1], Result.FAILED, Why.GIVEN_UP)
        told.see(14, over(MAIN)).tell(Parted(20, healthy().run, Parting.TASK_OVER, "over"))
    assert 2 in told.live()
    assert (3 in told.live()) == (stays == "vain")


def test_orphans_that_were_made_go_in_turn_too() -> None:
    """Without anybody who sees to them: the rule for orphans takes the last started first."""
    told = Story(Setup(rules(), orphan_after=5, creation_grace=0))
    gone = over(MAIN)
    for at in (100.0, 104.0, 108.0):
        told.snapshot(at, gone, *both()).tick(at)
    assert sorted(told.ended()) == [(3, "orphan"), (4, "orphan")]
    ended = next(each for each in told.decisions if each.run.id == cid(3))
    told.see(109.0, over(beside(3, "api"))).outcome(109.0, ended).tick(110.0)
    assert told.ended()[2:] == [(2, "orphan")]


def test_it_is_only_done_if_it_still_holds() -> None:
    """Not while a main lives, not to a container of somebody else, not twice, not to a later run."""
    told = story().see(10, MAIN, *both())
    told.tell(Parted(11, healthy().run, Parting.TASK_OVER, "over"))
    assert told.decisions == []
    told.see(12, over(MAIN))
    told.tell(Parted(13, both()[2].run, Parting.TASK_OVER, "not ours"))
    assert told.decisions == []
    for _ in range(2):
        told.tell(Parted(13, healthy().run, Parting.TASK_OVER, "over"))
    assert told.ended() == [(2, "task-over")]
    assert told.decisions[0].rule in BUILT_IN
    assert allows(told.setup, told.state, healthy(), told.decisions[0], 13.0)
    told.see(14, box(9, labels=MAIN.labels))
    assert not allows(told.setup, told.state, healthy(), told.decisions[0], 14.0), "it is needed again"


def test_a_main_goes_for_a_sidecar_that_it_cannot_have_and_a_sidecar_does_not() -> None:
    told = story().see(10, MAIN, *both())
    told.tell(
        Parted(11, healthy().run, Parting.UNPROVIDED, "no"), Parted(11, MAIN.run, Parting.UNPROVIDED, "no")
    )
    assert told.ended() == [(1, "unprovided")]
    assert told.entry(1).standing is Standing.MAIN


def test_during_a_hold_it_is_only_said_and_done_when_that_is_over() -> None:
    told = story().see(10, MAIN, *both()).see(12, over(MAIN))
    told.tell(Held(13, Hold("h", 13.0, "me", "")))
    for at in (14.0, 15.0):
        told.tell(Parted(at, healthy().run, Parting.TASK_OVER, "over"))
    assert (len(told.decisions), told.live()) == (1, [])
    told.tell(Resumed(16, "me"), Parted(17, healthy().run, Parting.TASK_OVER, "over"))
    assert told.live() == [2]


def test_each_has_the_time_that_its_template_gives_it() -> None:
    """A database may need a minute to end well, however it comes to its end."""
    slow = replace(DB, recipe=replace(DB.recipe, stop_grace=60.0))
    given = RuleSet((PIDS,), provisions=Provisions((slow, API)))
    told = Story(Setup(given, sidecar_grace=2.0)).see(10, MAIN, *both()).see(12, over(MAIN))
    for n in (3, 2):
        told.tell(Parted(13, told.entry(n).run, Parting.TASK_OVER, "over"))
    assert [(int(each.run.id, 16), each.grace) for each in told.decisions] == [(3, 2.0), (2, 60.0)]
