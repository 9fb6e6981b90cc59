"""What is kept of a decision: the rule as it stood, the container, the samples that it was judged by."""

from dataclasses import replace

from reactor.core.decisions import Result, Why
from reactor.core.grounds import grounds, trace_id
from reactor.core.rules import Level, Rule
from reactor.core.verbs import Action

from .build import Story, anew, box, pids_over, story


def test_the_grounds_of_a_decision_are_its_rule_its_container_and_its_samples() -> None:
    made = story(Rule("r", "f:1", when=pids_over(200), digest="d")).see(0, box(1))
    for second in range(1, 4):
        made.sample(second, box(1), pids=second * 100)
    (decision,) = made.decisions
    found = grounds(made.setup, made.state, decision)
    assert found.decision == decision
    assert found.rule is not None
    assert (found.rule.place, found.rule.digest) == ("f:1", "d")
    assert found.container == box(1)
    assert (found.standing, found.task) == ("main", "t1")
    assert [sample.pids for sample in found.samples] == [100, 200, 300]


def test_of_two_levels_the_one_that_acts_so_is_meant() -> None:
    soft = Rule("r", "f:1", when=pids_over(100), action=Action.STOP, level=Level.SOFT)
    hard = Rule("r", "f:2", when=pids_over(200), action=Action.KILL, level=Level.HARD)
    made = story(soft, hard).see(0, box(1)).sample(1, box(1), pids=150).sample(2, box(1), pids=250)
    found = [grounds(made.setup, made.state, decision).rule for decision in made.decisions]
    assert found == [soft, hard]


def test_a_sidecar_that_goes_along_has_no_rule_of_its_own() -> None:
    side = replace(box(2), labels={"reactor.sidecar-of": "t1"})
    made = Story().see(0, box(1), side).sample(1, box(1), pids=201)
    made.outcome(2, made.decisions[0], Result.DONE, Why.ENDED)
    along = made.decisions[1]
    found = grounds(made.setup, made.state, along)
    assert (found.rule, found.serves, found.container) == (None, "t1", side)


def test_of_a_run_that_another_has_followed_nothing_is_said_that_is_the_others() -> None:
    made = Story().see(0, box(1)).sample(1, box(1), pids=201)
    made.see(30, anew(box(1), 30, 30.0))
    found = grounds(made.setup, made.state, made.decisions[0])
    assert (found.container, found.samples) == (None, ())
    assert found.rule is not None


def test_a_trace_is_32_hex_digits_and_belongs_to_one_root() -> None:
    ids = {trace_id(f"{n:016x}") for n in range(1000)}
    assert len(ids) == 1000
    assert all(len(each) == 32 and int(each, 16) for each in ids)
    assert trace_id("00") == trace_id("00")
