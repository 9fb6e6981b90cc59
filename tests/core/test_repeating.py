"""A rule that leaves its run alive does not speak again because the monitor was started anew."""

from dataclasses import replace

import pytest

from reactor.core.decisions import Result, Why
from reactor.core.meant import Done
from reactor.core.rules import Level, Rule, Trigger
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from tests.core.build import Story, anew, box, pids_over, story

TELL = Rule("g/tell", "f:1", when=pids_over(200), action=Action.WEBHOOK, digest="d1")
RUN = replace(TELL, action=Action.EXEC, then=(Stage(Action.EXEC, target="scale"),))
SURE, HALF = Done("g/tell", "only", certain=True), Done("g/tell", "only", certain=False)


def _begun(rule: Rule, *done: Done, proven: str = "d1") -> Story:
    """A monitor that knows what the one before has done to the first of two."""
    made = story(rule, done={box(1).run: done} if done else {}, proven=frozenset({proven}))
    made.snapshot(0, box(1), box(2)).tick(1)
    return made.sample(2, box(1), pids=201).sample(2, box(2), pids=201)


@pytest.mark.parametrize(
    ("rule", "done", "speaks"),
    [
        (TELL, (SURE,), False),
        (RUN, (SURE,), False),
        (RUN, (HALF,), False),
        (TELL, (HALF,), True),
        (TELL, (), True),
        (TELL, (replace(SURE, rule="g/other"),), True),
        (TELL, (replace(SURE, level=Level.HARD),), True),
        (replace(TELL, on=Trigger.START, when=None), (SURE,), True),
        (replace(TELL, dry_run=True), (SURE,), True),
        (replace(TELL, action=Action.KILL), (SURE,), True),
        (replace(TELL, digest="d2"), (SURE,), True),
    ],
)
def test_what_was_done_is_done_again_only_if_it_is_another_rule_or_harmless(
    rule: Rule, done: tuple[Done, ...], speaks: bool
) -> None:
    made = _begun(rule, *done)
    assert [n for n, _ in made.ended() if n == 1] == [1] * (speaks and rule.on is None)
    assert [n for n, _ in made.ended() if n == 2] == [2] * (rule.on is None)


def test_once_its_condition_was_broken_or_in_another_run_it_speaks_again() -> None:
    made = _begun(TELL, SURE)
    made.sample(3, box(1), pids=5).sample(4, box(1), pids=201)
    assert [n for n, _ in made.ended()] == [2, 1]
    away = story(TELL, done={box(1).run: (SURE,)}, proven=frozenset({"d1"})).snapshot(0, box(1)).tick(1)
    away.sample(2, box(1), pids=None).tick(3).sample(4, box(1), pids=201)
    assert away.ended() == [], "that nothing is known is no break"
    away = story(TELL, done={box(1).run: (SURE,)}, proven=frozenset({"d1"})).snapshot(0, box(1)).tick(1)
    away.sample(2, box(1), pids=5).sample(3, box(1), pids=201)
    assert [n for n, _ in away.ended()] == [1], "it was broken before anybody looked again"
    other = _begun(TELL, SURE)
    later = anew(box(1), 20, 20.0)
    other.see(20, later).sample(21, later, pids=201)
    assert [n for n, _ in other.ended()] == [2, 1]


def test_that_it_was_interrupted_is_no_reason_to_begin_a_program_again() -> None:
    (decision,) = _begun(RUN).decisions[:1]
    made = _begun(RUN, HALF)
    made.outcome(3, decision, Result.FAILED, Why.INTERRUPTED).sample(4, box(1), pids=202)
    assert [n for n, _ in made.ended()] == [2]
