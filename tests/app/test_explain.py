"""``reactor explain`` as it is printed: what each rule makes of a container, and what holds it back."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from reactor.app.explain import lines
from reactor.core.appraisal import appraise
from reactor.core.decisions import Result, Why
from reactor.core.language.rendering import summary
from reactor.core.restraint import GateTerms
from reactor.core.rules import Exemption, Rule
from tests.core.build import Story, anew, box, over, story
from tests.core.written import MIB, condition

PIDS = Rule("g/r", "r:1", when=condition("pids > 200"), summarise=summary("{name} has {pids}"), digest="new")
TOTAL = Rule("g/all", "r:1", when=condition("scope.pids > 500"), hold=60)
OWNER = Rule("g/owner", "r:1", when=condition("owner.memory > 1GiB"))


def _shown(told: Story, at: float, n: int = 1, *, everything: bool = False) -> list[str]:
    """What is printed of one container, after the two lines about itself."""
    appraisal = json.loads(json.dumps(asdict(appraise(told.setup, told.state, told.entry(n), at))))
    return list(lines(appraisal, everything=everything))[2:]


def _breaking(*rules: Rule, **setup: object) -> Story:
    told = story(*rules, **setup).snapshot(0, *(box(n) for n in range(1, 6)))
    for n in range(1, 5):
        told.sample(1, box(n), pids=200 + n)
    return told.sample(1, box(5), pids=200)


def test_the_summary_is_said_where_the_rule_holds_and_nowhere_else() -> None:
    """Of a container that is well it would not be so."""
    told = _breaking(replace(PIDS, hold=9))
    assert _shown(told, 2) == [
        "",
        "g/r  holds: pids 201 > 200",
        "     c1 has 201",
        "     pids 201 of 200: beyond it",
        "     it has held for 1.0 s",
        "     kill in 8s if nothing changes",
    ]
    assert _shown(told, 2, 5) == [
        "",
        "g/r  does not hold: pids 200 > 200",
        "     pids 200 of 200: right at it",
    ]


def test_a_rule_that_its_limit_holds_back_says_so() -> None:
    told = _breaking(replace(PIDS, limit=3)).tick(1.5)
    assert _shown(told, 2)[1] == (
        "g/r  holds, and is held back by its limit: 4 match at once, and 3 may: pids 201 > 200"
    )


def test_a_new_rule_is_counted_first_and_then_held_by_the_gate() -> None:
    told = _breaking(PIDS, gate=GateTerms(at_least=1)).tick(1.5)
    assert _shown(told, 2)[1] == (
        "g/r  holds, and is new: the gate counts first whom it would end: pids 201 > 200"
    )
    told.tick(3)
    assert _shown(told, 3)[1] == (
        "g/r  holds, and is held back by the gate: new rules would act on 4 at once, see reactor status: "
        "pids 201 > 200"
    )


def test_a_gate_that_waits_for_readings_alone_says_so() -> None:
    told = story(PIDS, gate=GateTerms()).snapshot(0, *(box(n) for n in range(1, 6)))
    told.sample(9, box(1), pids=201).tick(11)
    assert _shown(told, 11)[1] == (
        "g/r  holds, and is held back by the gate: 4 containers cannot be judged yet: pids 201 > 200"
    )


def test_a_rule_that_cools_down_says_so_and_until_when() -> None:
    told = story(replace(PIDS, cooldown=100)).snapshot(0, box(1)).sample(1, box(1), pids=201)
    told.outcome(2, told.decisions[0]).see(3, over(box(1)), anew(box(1), 5, at=5))
    told.sample(6, anew(box(1), 5, at=5), pids=203)
    shown = _shown(told, 6)
    assert shown[1] == "g/r  holds, and is held back by its cooldown after an earlier run: pids 203 > 200"
    assert shown[-1] == "     kill in 1m 35s if nothing changes"


def test_a_total_says_its_sum_and_its_bound() -> None:
    """And what this container has of it; what nobody knows counts nothing."""
    told = story(TOTAL).snapshot(0, *(box(n) for n in range(1, 4)))
    told.sample(1, box(1), pids=201).sample(1, box(2), pids=202).tick(1.5)
    assert _shown(told, 2) == [
        "",
        "g/all  does not hold for the whole: scope.pids 403 > 500",
        "       scope.pids 403 of 500: 97 to go",
        "       201 of that is this container's",
        "       nothing is known of 1 container, which counts nothing",
    ]
    told.sample(2, box(3), pids=98).tick(3)
    told.sample(3.5, box(1), pids=301).tick(4)
    assert _shown(told, 5) == [
        "",
        "g/all  holds for the whole, and takes its victims in their order: scope.pids 601 > 500",
        "       scope.pids 601 of 500: beyond it",
        "       301 of that is this container's",
        "       it has held for 2.0 s",
    ]


def test_a_total_that_is_held_back_says_by_what() -> None:
    told = (
        _breaking(replace(TOTAL, hold=0, digest="new"), gate=GateTerms(at_least=1, most=0)).tick(1.5).tick(3)
    )
    assert _shown(told, 3)[1].startswith(
        "g/all  holds, and is held back by the gate: new rules would act on "
    )


def test_the_total_of_an_owner_is_that_of_this_containers_owner() -> None:
    mine = box(1, labels={"reactor.task": "t1", "reactor.owner": "kim"})
    told = story(OWNER).snapshot(0, mine, box(2)).sample(1, mine, memory=512 * MIB)
    told.sample(1, box(2), memory=9 * MIB).tick(1.5)
    assert _shown(told, 2)[1:3] == [
        "g/owner  does not hold for the whole: owner.memory 512 MiB > 1 GiB of owner 'kim'",
        "         owner.memory 512 MiB of 1 GiB: 512 MiB to go",
    ]
    assert _shown(told, 2, 2) == [
        "",
        "g/owner  is about each owner, and nothing is added up for this container: owner.memory > 1GiB",
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"labels": {"reactor.task": "t", "reactor.skip": ""}}, "it carries the skip label"),
        ({"labels": {}}, "it is out of scope: it is only watched"),
    ],
)
def test_where_no_rule_can_act_the_reason_is_said_once(changes: dict[str, Any], why: str) -> None:
    """The rules are there for whoever asks for them."""
    told = story(PIDS, TOTAL).snapshot(0, box(1, **changes)).tick(1)
    assert _shown(told, 1) == [f"No rule acts: {why}. (the rules: --all)"]
    assert _shown(told, 1, everything=True) == [
        f"No rule acts: {why}.",
        "",
        "g/r    does not select it: pids > 200",
        "g/all  does not select it: scope.pids > 500 for 1m",
    ]


def test_the_rules_are_said_of_a_run_that_only_rests() -> None:
    told = story(PIDS).snapshot(0, box(1)).sample(1, box(1), pids=201)
    told.outcome(2, told.decisions[0], Result.FAILED, Why.GIVEN_UP)
    assert _shown(told, 3)[:3] == [
        "No rule acts: the last try failed; the next is in 59 s.",
        "",
        "g/r  holds, and rests after a try that failed: pids 201 > 200",
    ]


def test_an_exception_is_named() -> None:
    spare = Exemption("known", ("name",), (("c1",),))
    assert _shown(_breaking(replace(PIDS, exempt=(spare,))), 2)[1:4] == [
        "g/r  is kept from acting by an exception: pids 201 > 200",
        "     pids 201 of 200: beyond it",
        "     the exception is known",
    ]


def test_no_two_different_numbers_look_alike() -> None:
    """Neither in what is said nor in how far it is."""
    rule = Rule("g/m", "r:1", when=condition("memory > 80%"), hold=9)
    told = story(rule).snapshot(0, box(1)).sample(1, box(1), memory=800 * MIB + 1, memory_limit=1000 * MIB)
    assert _shown(told, 2)[1:3] == [
        "g/m  holds: memory just over 80% (800 MiB of 1000 MiB) > 80%",
        "     memory just over 800 MiB of 800 MiB: beyond it",
    ]
