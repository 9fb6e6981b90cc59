"""Exceptions to a rule, and labels that make a rule stricter for their own container."""

from dataclasses import replace

import pytest

from reactor.core.cautions import LabelIgnored
from reactor.core.container import State
from reactor.core.exempting import Exempted, exempted
from reactor.core.protection import Policy
from reactor.core.rules import Condition, Exemption, Rule, Trigger
from reactor.core.verbs import Action
from tests.core.build import Story, age_over, anew, box, over, pids_over, story

POLICY = Policy()


def _rule(fields: tuple[str, ...], *values: tuple[str, ...]) -> Rule:
    return Rule("g/r", "f:1", when=pids_over(200), exempt=(Exemption("known", fields, values),))


@pytest.mark.parametrize(
    ("field", "pattern", "spared", "near_miss"),
    [
        ("name", "ci-*", {"name": "ci-1"}, {"name": "c-ci-1"}),
        ("image", "*/db:1[0-9]", {"image": "hub/db:14"}, {"image": "hub/db:9"}),
        ("state", "paused", {"state": State.PAUSED}, {"state": State.RUNNING}),
        ("user", "99?", {"user": "998"}, {"user": "1998"}),
        (
            "label.team",
            "ml",
            {"labels": {"reactor.task": "t", "team": "ml"}},
            {"labels": {"reactor.task": "t"}},
        ),
        ("label.team", "*", {"labels": {"reactor.task": "t", "team": ""}}, {"labels": {"reactor.task": "t"}}),
    ],
)
def test_who_is_exempt_is_spared_by_this_rule_and_the_near_miss_is_not(
    field: str, pattern: str, spared: dict[str, object], near_miss: dict[str, object]
) -> None:
    a, b = box(1, **spared), box(2, **near_miss)
    other = Rule("g/other", "f:2", when=pids_over(300))
    told = (
        story(_rule((field,), (pattern,)), other).see(0, a, b).sample(1, a, pids=250).sample(1, b, pids=250)
    )
    assert told.ended() == [(2, "g/r")]
    told.sample(2, a, pids=301)
    assert told.ended()[1:] == [(1, "g/other")], "another rule has not exempted it"


def test_all_fields_of_one_line_must_match() -> None:
    rule = _rule(("name", "image"), ("ci-*", "a:*"), ("db", "b:*"))
    for name, image, found in (
        ("ci-1", "a:1", 0),
        ("db", "b:1", 1),
        ("ci-1", "b:1", None),
        ("db", "a:1", None),
    ):
        got = exempted(POLICY, rule, box(1, name=name, image=image))
        wanted = None if found is None else Exempted("known", ("name", "image"), rule.exempt[0].values[found])
        assert got == wanted


@pytest.mark.parametrize("values", [(), ((),), (("ci-*",),), (("ci-*", "*", "*"),)])
def test_an_exemption_that_was_left_open_exempts_nobody(values: tuple[tuple[str, ...], ...]) -> None:
    rule = _rule(("name", "image"), *values)
    assert exempted(POLICY, rule, box(1, name="ci-1")) is None
    assert exempted(POLICY, _rule((), ()), box(1, name="ci-1")) is None


def test_labels_of_the_image_or_of_an_unreadable_one_exempt_nobody() -> None:
    rule, labels = _rule(("label.team",), ("ml",)), {"reactor.task": "t", "team": "ml"}
    own = box(1, labels=labels)
    assert exempted(POLICY, rule, own) is not None
    assert exempted(POLICY, rule, replace(own, image_labels={"team": "ml"})) is None
    assert exempted(POLICY, rule, replace(own, image_labels={"team": "x"})) is None
    assert exempted(POLICY, rule, replace(own, image_labels=None)) is None


def test_an_exemption_by_state_ends_with_the_state() -> None:
    told = (
        story(_rule(("state",), ("paused",))).see(0, box(1, state=State.PAUSED)).sample(1, box(1), pids=201)
    )
    assert told.ended() == []
    told.see(2, box(1, state=State.PAUSED)).tick(2)
    assert told.ended() == []
    told.see(3, box(1))
    assert told.at() == [(1, 3)]


def test_a_trigger_about_an_exempt_run_is_used_up() -> None:
    rule = Rule("g/r", "f:1", on=Trigger.OOM, exempt=_rule(("name",), ("c1",)).exempt)
    told = story(rule).see(0, box(1), box(2)).oom(1, 1).oom(1, 2).see(2, box(1, name="renamed")).tick(3)
    assert told.ended() == [(2, "g/r")]


def test_an_exempt_orphan_is_not_ended_by_the_usual_rule_either() -> None:
    side = box(5, labels={"reactor.sidecar-of": "t1"})
    other = box(6, labels={"reactor.sidecar-of": "t1"})
    rule = Rule(
        "g/r", "f:1", on=Trigger.ORPHANED, action=Action.STOP, exempt=_rule(("name",), ("c5",)).exempt
    )
    told = story(rule).snapshot(0, box(1), side, other)
    told.snapshot(5, side, other).snapshot(10, side, other).tick(20)
    assert told.ended() == [(6, "g/r")]


# Labels that make a rule stricter


def _tighten(limit: int) -> Condition:
    def tighten(text: str) -> Condition | None:
        if not text.isdigit():
            return None
        return pids_over(int(text)) if int(text) < limit else made

    made = replace(pids_over(limit), tighten=tighten)
    return made


STRICT = Rule("g/r", "f:1", when=_tighten(200), tighten="max-pids")


def _labelled(n: int, text: str) -> dict[str, str]:
    return {"reactor.task": f"t{n}", "max-pids": text}


def test_a_label_makes_the_rule_stricter_for_its_own_container_and_never_looser() -> None:
    boxes = [box(1, labels=_labelled(1, "50")), box(2), box(3, labels=_labelled(3, "900"))]
    told = story(STRICT).see(0, *boxes)
    for each in boxes:
        told.sample(1, each, pids=51)
    assert told.ended() == [(1, "g/r")]
    for each in boxes[1:]:
        told.sample(2, each, pids=200)
    assert len(told.decisions) == 1
    for each in boxes[1:]:
        told.sample(3, each, pids=201)
    assert told.ended()[1:] == [(2, "g/r"), (3, "g/r")]


def test_a_word_that_says_nothing_is_noted_once_and_ignored() -> None:
    a = box(1, labels=_labelled(1, "many\n" + "y" * 500))
    told = story(STRICT).see(0, a).see(1, replace(a, name="renamed")).see(2, over(a)).see(3, anew(a, 3, at=3))
    (note,) = told.said(LabelIgnored)
    assert isinstance(note, LabelIgnored)
    assert (note.rule, note.label, len(note.text)) == ("g/r", "max-pids", 100)
    told.sample(4, anew(a, 3, at=3), pids=201)
    assert told.ended() == [(1, "g/r")]


def test_a_rule_that_cannot_be_made_stricter_ignores_the_label() -> None:
    rule = Rule("g/r", "f:1", when=age_over(100), tighten="max-pids")
    told = story(rule).see(0, box(1, labels=_labelled(1, "5"))).tick(50)
    assert told.ended() == []
    assert len(told.said(LabelIgnored)) == 1


def test_a_defect_in_reading_the_label_is_a_label_that_says_nothing() -> None:
    def fail(text: str) -> Condition | None:
        raise ZeroDivisionError(text)

    rule = replace(STRICT, when=replace(pids_over(200), tighten=fail))
    told = story(rule).see(0, box(1, labels=_labelled(1, "5"))).sample(1, box(1), pids=201)
    assert told.ended() == [(1, "g/r")]
    assert len(told.said(LabelIgnored)) == 1


def test_a_label_of_the_image_makes_nothing_stricter() -> None:
    a = box(1, labels=_labelled(1, "50"), image_labels={"max-pids": "50"})
    assert Story(story(STRICT).setup).see(0, a).sample(1, a, pids=100).ended() == []
