"""Calm and what is not the same the next time: used-up triggers, blindness, what may speak again."""

from reactor.core.decisions import Result, Why
from reactor.core.facts import Snapshot
from reactor.core.rules import Rule, Trigger
from reactor.core.verbs import Action
from tests.core.build import box, story
from tests.core.written import condition


def test_a_trigger_that_waited_for_another_rule_counts_anew_the_next_time() -> None:
    """Two rules share an event. Time ends the waiting of the second one; then the first may speak again."""
    first = Rule("t/first", "f:1", on=Trigger.OOM, when=condition("pids > 20"), action=Action.NOTICE)
    waits = condition("age < 4s && cpu > 0.5")
    second = Rule("t/second", "f:2", on=Trigger.OOM, when=waits, action=Action.NOTICE)
    one = box(1)
    told = story(first, second).tell(Snapshot(1.0, 1.0, 1, (one,)))
    told.sample(1.5, one, pids=30).tick(2.0)
    told.oom(2.5, 1, 20)
    assert told.ended() == [(1, "t/first")]
    for second_ in (3.0, 4.5, 5.5, 6.0):
        told.tick(second_)
    told.oom(6.5, 1, 40)
    assert told.ended() == [(1, "t/first"), (1, "t/first")]


def test_who_was_read_in_between_is_said_to_be_unseen_once_more() -> None:
    """A reading that another rule has no use for ends the blindness of this one."""
    unseen = Rule("t/blind", "f:1", on=Trigger.BLIND, when=condition("age > 1s"), fresh=2.0, dry_run=True)
    one = box(1)
    told = story(unseen, Rule("g/pids", "f:2", when=condition("pids > 200")))
    told.tell(Snapshot(1.0, 1.0, 1, (one,)))
    told.sample(1.5, one, pids=30)
    for moment in (2.0, 3.0, 4.0, 5.0, 6.0):
        told.tick(moment)
    assert told.at() == [(1, 4.0)]
    told.sample(6.5, one, pids=30)
    for moment in (7.0, 8.0, 9.0, 10.0):
        told.tick(moment)
    assert told.at() == [(1, 4.0), (1, 9.0)]


def test_what_failed_is_tried_again_with_the_next_reading() -> None:
    """It is as before, and for this rule alone that is news."""
    one = box(1)
    told = story(Rule("g/n", "f:1", when=condition("pids > 20"), action=Action.NOTICE))
    told.tell(Snapshot(1.0, 1.0, 1, (one,))).sample(1.5, one, pids=30).tick(2.0).tick(3.0)
    told.outcome(3.6, told.decisions[0], Result.FAILED, Why.GIVEN_UP)
    told.sample(3.7, one, pids=30).tick(4.0)
    assert told.at() == [(1, 1.5), (1, 3.7)]
