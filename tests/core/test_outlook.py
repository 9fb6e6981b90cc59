"""How each rule stands to a run: the answer agrees with what is then decided."""

from dataclasses import replace

import pytest

from reactor.core.decisions import Result, Why
from reactor.core.outlook import Outlook, Stand, outlooks
from reactor.core.restraint import GateTerms
from reactor.core.rules import Exemption, Rule, Trigger
from tests.core.build import Story, anew, box, condition, over, pids_over, story, total_over

PIDS = Rule("g/r", "f:1", when=pids_over(200))


def _one(told: Story, at: float, n: int = 1) -> Outlook:
    (found,) = outlooks(told.setup, told.state, told.entry(n), at)
    return found


def _breaking(rule: Rule, **setup: object) -> Story:
    return story(rule, **setup).snapshot(0, box(1), box(2)).sample(1, box(1), pids=201)


def test_within_unknown_and_holding_until_the_moment_of_the_decision() -> None:
    told = story(replace(PIDS, hold=5)).see(0, box(1))
    assert _one(told, 0).stand is Stand.UNKNOWN
    assert _one(told.sample(1, box(1), pids=200), 1).stand is Stand.WITHIN
    told.sample(2, box(1), pids=201)
    found = _one(told, 3)
    assert (found.stand, found.since, found.next_at, found.reason) == (Stand.HOLDING, 2, 7, "explained")
    assert _one(told, 7).stand is Stand.READY
    told.tick(7)
    assert told.at() == [(1, 7)]
    assert _one(told, 7).stand is Stand.ENDING


def test_what_is_exempt_says_by_what() -> None:
    told = _breaking(replace(PIDS, exempt=(Exemption("known", ("name",), (("c1",),)),)))
    found = _one(told, 1)
    assert found.stand is Stand.EXEMPT
    assert found.exempted is not None
    assert (found.exempted.by, found.exempted.patterns) == ("known", ("c1",))
    assert found.next_at is None


@pytest.mark.parametrize(
    ("rule", "setup", "stand"),
    [
        (replace(PIDS, dry_run=True), {}, Stand.SAID),
        (replace(PIDS, digest="n"), {"gate": GateTerms()}, Stand.GATED),
        (replace(PIDS, digest="n"), {"gate": GateTerms(), "proven": frozenset({"n"})}, Stand.ENDING),
        (replace(PIDS, limit=0), {}, Stand.LIMITED),
        (replace(PIDS, limit=1, hold=9), {}, Stand.HOLDING),
        (Rule("g/t", "f:1", when=total_over(9999)), {}, Stand.WHOLE),
        (Rule("g/oom", "f:1", on=Trigger.OOM), {}, Stand.WITHIN),
    ],
)
def test_what_stands_in_the_way(rule: Rule, setup: dict[str, object], stand: Stand) -> None:
    assert _one(_breaking(rule, **setup).tick(1.5), 1.5).stand is stand


def test_a_rest_and_a_cooldown_say_when_they_are_over() -> None:
    told = _breaking(replace(PIDS, cooldown=100))
    told.outcome(2, told.decisions[0], Result.FAILED, Why.GIVEN_UP)
    assert (_one(told, 3).stand, _one(told, 3).next_at) == (Stand.RESTING, 62)
    told.see(4, over(box(1)))
    assert _one(told, 4).stand is Stand.OUT_OF_SIGHT
    later = anew(box(1), 5, at=5)
    told.see(5, later).sample(6, later, pids=201)
    assert (_one(told, 6).stand, _one(told, 6).next_at) == (Stand.COOLING, 101)


def test_a_defect_is_said_and_does_not_come_out() -> None:
    def fail(_: object) -> bool:
        raise ZeroDivisionError

    told = story(Rule("g/bad", "f:1", when=condition(fail, "pids")), PIDS).see(0, box(1))
    stands = [found.stand for found in outlooks(told.setup, told.state, told.entry(1), 0)]
    assert stands == [Stand.BROKEN, Stand.UNKNOWN]
    fresh = replace(told.entry(1), earlier=replace(told.entry(1).earlier, disabled=frozenset()))
    assert outlooks(told.setup, told.state, fresh, 0)[0].stand is Stand.BROKEN
