"""Skipping time changes nothing but how long a test takes."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reactor.core.rules import RuleSet, Trigger
from reactor.ruleset import parse
from reactor.ruletest.config import Terms
from reactor.ruletest.playing import Play, Played, play
from reactor.ruletest.script import Box, Case, Change, Moment, Turn
from reactor.ruletest.stillness import Stillness
from reactor.ruletest.values import Course
from tests.ruletest.build import case, said


def rules(ages: tuple[int, ...], hold: int, until: int) -> RuleSet:
    """Rules that become true with age, that stop being true with age, and that need to last."""
    conditions = [f"age > {age}s" for age in ages]
    conditions += [f"age > {until}s && age < {until + 3}s", "pids > 200", "memory > 80%"]
    text = "".join(
        f"      - {{name: r{n}, when: '{when}', for: {hold * (n % 2)}s, {'dry_run: true' * (n % 3 > 0)}}}\n"
        for n, when in enumerate(conditions)
    )
    return parse(f"groups:\n  - name: g\n    rules:\n      - {{name: oom, on: oom}}\n{text}")


def every_second(case: Case) -> Played:
    """The same play without any skipping."""
    stage = Play(case)
    stage.begin()
    named = {moment.at for moment in case.moments}
    for at in sorted({*map(float, range(int(case.until) + 1)), *named}):
        stage.moment(at)
    return stage.played()


KEYS = ("a", "b", "side")


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    """Something that happens to somebody at some time."""
    at, key = draw(st.integers(0, 500)) + draw(st.sampled_from([0, 0, 0.25])), draw(st.sampled_from(KEYS))
    turns: list[Change | Turn] = [Turn(key, what) for what in ("oom", "dies", "starts", "silent", "removed")]
    count = Course(draw(st.integers(150, 250)), draw(st.integers(150, 250)), draw(st.integers(1, 90)))
    what = draw(st.sampled_from([*turns, Change(key, courses={"pids": count})]))
    return Moment(float(at), (what,))


@given(
    st.lists(moments(), max_size=4),
    st.tuples(st.integers(1, 500), st.integers(1, 500)),
    st.integers(0, 60),
    st.integers(0, 500),
)
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_nothing_is_missed(told: list[Moment], ages: tuple[int, ...], hold: int, until: int) -> None:
    """With and without skipping, the same decisions come at the same moments."""
    labels = {"labels": {"reactor.task": "a"}}
    readings = {"pids": Course(100), "memory": Course(100, 900, 300.0), "memory_limit": Course(1000)}
    boxes = (
        Box("a", "running", 0.0, {"name": "a", "image": "i", **labels}, (), readings),
        Box("b", "running", 30.0, {"name": "b", "image": "i", **labels}),
        Box("side", "running", 10.0, {"name": "s", "image": "i", "labels": {"reactor.sidecar-of": "a"}}),
    )
    ordered = tuple(sorted(told, key=lambda moment: moment.at))
    test = Case("f", 1, "n", rules(ages, hold, until), Terms(), boxes, ordered, (), (), 600.0)
    assert play(test).got == every_second(test).got


def same(boxes: tuple[Box, ...], ruled: RuleSet, until: float) -> Played:
    """The play with skipping, which is the same as that without."""
    test = Case("f", 1, "n", ruled, Terms(), boxes, (), (), (), until)
    played = play(test)
    assert played.got == every_second(test).got
    return played


@pytest.mark.parametrize("age", range(3500, 3600, 9))
def test_what_began_just_before_is_not_skipped(age: int) -> None:
    """A condition that became true a moment ago still has to last for a while."""
    ruled = parse("groups: [{name: g, rules: [{name: old, when: age > 1h, for: 30s}]}]")
    box = Box("a", "running", float(age), {"name": "a", "image": "i", "labels": {"reactor.task": "a"}})
    (got,) = same((box,), ruled, 600.0).got
    assert got.at == 3601 - age + 30


def test_a_sidecar_without_a_main_is_not_still() -> None:
    """Its time runs out, though nothing happens."""
    ruled = parse("groups: [{name: g, rules: [{name: old, when: age > 1h}]}]")
    box = Box("a", "running", 0.0, {"name": "a", "image": "i", "labels": {"reactor.sidecar-of": "a"}})
    (got,) = same((box,), ruled, 600.0).got
    assert (got.at, got.rule) == (60.0, "orphan")


def test_long_tests_play_few_moments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A week takes a few hundred moments, and the end of an age is still met in its second."""
    played: list[float] = []
    moment = Play.moment

    def counted(stage: Play, at: float) -> None:
        played.append(at)
        moment(stage, at)

    monkeypatch.setattr(Play, "moment", counted)
    body = """\
        containers:
          old: {labels: {reactor.task: a}, pids: 3}
          other: {labels: {reactor.task: b}, pids: 3, age: unknown}
        until: 7d
        expect: [{at: 3601s, kill: old, rule: limits/old}]
        """
    assert said(case(tmp_path, body), tmp_path) == []
    assert len(played) < 500


def test_a_rule_about_blindness_sees_every_second() -> None:
    """A skipped second is one without a reading, and that is what such a rule is about."""
    blind = parse("groups: [{name: g, rules: [{name: r, when: pids > 3}]}]")
    ruled = RuleSet(tuple(replace(rule, on=Trigger.BLIND) for rule in blind.rules))
    setup = Terms().setup(ruled)
    assert Stillness(setup, 10.0).next_second(Play(_empty(ruled)).state, 1000.0, 9000.0) == 1001.0
    assert (
        Stillness(Terms().setup(blind), 10.0).next_second(Play(_empty(blind)).state, 1000.0, 9000.0) > 2000.0
    )


def _empty(ruled: RuleSet) -> Case:
    return Case("f", 1, "n", ruled, Terms(), (), (), (), (), 1.0)


@pytest.mark.parametrize("end", [10.0, 100.0, 700.0])
def test_a_measure_that_is_due_is_not_skipped(end: float) -> None:
    """What has come to its end is seen at the next measure; an age may pass while a layer stays as it is."""
    rules_ = "{name: heavy, when: layer_writes > 50B}, {name: old, when: age > 2h && layer_writes > 20B}"
    ruled = parse(f"groups: [{{name: g, rules: [{rules_}]}}]")
    plain = {"image": "i", "labels": {"reactor.task": "a"}}
    boxes = (
        Box("a", "running", 0.0, {"name": "a", **plain}, (), {"layer_writes": Course(0, 51, end)}),
        Box("b", "running", 0.0, {"name": "b", **plain}, (), {"layer_writes": Course(50)}),
        Box("c", "running", 0.0, {"name": "c", **plain}, (), {"layer_writes": Course(20)}),
    )
    got = same(boxes, ruled, 8000.0).got
    assert [(each.at, each.box) for each in got] == [(max(300.0, end + -end % 300), "a"), (7201.0, "b")]
