"""What is allowed and probably not meant is said, and what is meant is left in peace."""

from pathlib import Path

import pytest

from reactor.ruleset.lints import lints
from reactor.ruleset.reading import read_rules
from tests.core.written import LANGUAGE

ROOT = Path(__file__).parents[2]
AGE = "      - name: age\n        when: age > 12h\n"


def warnings(*rules: str) -> list[str]:
    """The warnings about some rules, each without its file."""
    read = read_rules("r.yaml", "groups:\n  - name: g\n    rules:\n" + "".join(rules), LANGUAGE)
    assert not read.errors
    return [str(each).partition(":")[2] for each in lints(read.compiled, LANGUAGE)]


def rule(name: str, *lines: str) -> str:
    return f"      - name: {name}\n" + "".join(f"        {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("condition", "part"),
    [
        ('labels["vip"] != "yes"', 'labels["vip"] != "yes"'),
        ('age > 1h && labels["vip"] != "yes"', 'labels["vip"] != "yes"'),
        ('age > 1h && !("vip" in labels)', '"vip" in labels'),
        ('age > 1h && !(labels["team"] in ["a", "b"])', 'labels["team"] in ["a", "b"]'),
        ('age > 1h && !labels["team"].startsWith("a")', 'labels["team"].startsWith("a")'),
        ('!(age < 1h || labels["a"] == "b")', 'labels["a"] == "b"'),
    ],
)
def test_label_that_lets_out(condition: str, part: str) -> None:
    """A label that ends nobody, but spares, is named with its place."""
    (said,) = warnings(rule("r", "when: >", f"  {condition}"))
    place = f"6:{11 + condition.index(part)}"
    assert said == f"{place}: {part} lets everybody out who knows the label: use 'exceptions' or 'select'"


@pytest.mark.parametrize(
    "condition",
    [
        "labels['team'] == 'ml' && age > 1h",
        "'team' in labels && age > 1h",
        "!(labels['team'] != 'ml') && age > 1h",
        "name != 'db' && age > 1h",
        "!(age < 1h)",
    ],
)
def test_label_that_only_selects(condition: str) -> None:
    quoted = condition.replace("'", "''")
    assert warnings(rule("r", f"when: '{quoted}'")) == []


def test_shadowed() -> None:
    """The later and the milder of two rules with one condition never decides."""
    said = warnings(AGE, rule("same", "when: age > 720m", "for: 1m"))
    assert said == ["6:9: g/age at r.yaml:4 decides this, and no later: leave one of them out"]
    said = warnings(rule("mild", "when: age > 12h", "then: [stop]"), AGE)
    assert said == ["4:9: g/age at r.yaml:7 decides this, and no later: leave one of them out"]


@pytest.mark.parametrize(
    "other",
    [
        rule("r", "when: total_age > 11h"),
        rule("r", "when: age < 11h"),
        rule("r", "when: age > 12h", "dry_run: true"),
        rule("r", "when: age > 12h", "on: oom"),
        rule("r", "when: age > 12h", "exceptions: [{name: x, fields: [name], values: [[a]]}]"),
    ],
)
def test_not_shadowed(other: str) -> None:
    assert warnings(AGE, other) == []
    assert warnings(other, AGE) == []


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("pids > 200", "pids > 300"),
        ("pids >= 200", "pids > 200"),
        ("200 < pids", "pids > 300"),
        ("memory > 80%", "memory > 90%"),
        ("memory < 2GiB", "memory < 1GiB"),
        ("scope.pids > 200", "scope.pids > 300"),
    ],
)
def test_a_threshold_that_nobody_comes_to(low: str, high: str) -> None:
    """Another rule ends them before; whichever of the two is written first."""
    first, second = rule("low", f"when: {low}"), rule("high", f"when: {high}")
    said = f"g/low at r.yaml:{{}} decides before this, by {low}: leave this one out, or raise that"
    assert warnings(AGE, first, second) == [f"9:15: {said.format(6)}"]
    assert warnings(AGE, second, first) == [f"7:15: {said.format(8)}"]
    stopped = rule("high", f"when: {high}", "then: [stop]")
    assert warnings(AGE, first, stopped) == [f"9:15: {said.format(6)}"]


@pytest.mark.parametrize(
    "low",
    [
        ["when: pids > 200", "then: [stop]"],
        ["when: pids > 200", "dry_run: true"],
        ["when: pids > 200", "for: 1m"],
        ["when: pids > 200", "limit: 5"],
        ["when: pids > 200", "cooldown: 5m"],
        ["when: pids > 200", "fresh: 2s"],
        ["when: pids > 200", "on: oom"],
        ["when: pids > 200 && age > 1h"],
        ["when: pids > 50%"],
        ["when: pids < 200"],
        ["when: group.pids > 200"],
        ["when: pids > 200", "exceptions: [{name: x, fields: [name], values: [[a]]}]"],
    ],
)
def test_a_threshold_that_somebody_comes_to(low: list[str]) -> None:
    """The lower one may come later, do less, hold back, or be about others."""
    high = rule("high", "when: pids > 300", "exceptions: [{name: y, fields: [name], values: [[b]]}]")
    assert warnings(AGE, rule("low", *low), rule("high", "when: pids > 299")) == []
    assert warnings(AGE, rule("low", "when: pids > 200"), high) == []


def test_a_threshold_that_is_only_said_is_heard_at_each_step() -> None:
    """A dry run ends nobody, and so leaves the next threshold something to say."""
    low, high = (rule(f"r{n}", f"when: pids > {n}", "dry_run: true") for n in (200, 300))
    assert warnings(AGE, low, high) == []


@pytest.mark.parametrize("total", ["scope.pids", "owner.pids"])
def test_a_total_is_not_narrowed_by_select(total: str) -> None:
    """All in scope are added up, whoever is selected."""
    text = (
        f"groups:\n  - name: g\n    select: [name: a*]\n    rules:\n{rule('r', f'when: {total} > 300')}{AGE}"
    )
    read = read_rules("r.yaml", text, LANGUAGE)
    (said,) = lints(read.compiled, LANGUAGE)
    assert str(said) == (
        f"r.yaml:6:15: 'select' does not narrow {total}: all in scope are added up, "
        "it only says who may be ended"
    )
    assert warnings(rule("r", f"when: {total} > 300"), AGE) == []


def test_stop_soon_and_kill_later_are_two_rules() -> None:
    assert warnings(rule("a", "when: age > 1h", "then: [stop]"), rule("b", "when: age > 1h", "for: 1m")) == []


def test_percentage_and_nothing_else() -> None:
    """Without any rule that needs no limit, a container without limits is ended by nothing."""
    said = warnings(rule("r", "when: memory > 80%"))
    assert said == [
        "5:15: a container without a memory limit is ended by no rule: add one, such as age > 12h"
    ]
    assert warnings(rule("r", "when: memory > 80%"), AGE) == []
    assert len(warnings(rule("r", "when: memory > 80%"), rule("dry", "when: age > 1h", "dry_run: true"))) == 1


def test_exception_for_everybody() -> None:
    text = "exceptions: [{name: x, fields: [name, image], values: [[a, b], ['*', '**']]}]"
    assert warnings(rule("r", "when: age > 1h", text)) == ["4:9: the exception 'x' lets everybody out of g/r"]
    assert warnings(rule("r", "when: age > 1h", text.replace("'**'", "'a*'"))) == []


def test_break_in_a_moment() -> None:
    said = ["6:9: 'keep_for' changes nothing without 'for': there is no break in a moment"]
    assert warnings(rule("r", "when: age > 1h", "keep_for: 5s")) == said
    assert warnings(rule("r", "when: age > 1h", "keep_for: 5s", "for: 1m")) == []


def test_shipped_rules() -> None:
    """What we ship gives no reason for a warning."""
    for file in sorted((ROOT / "rules").glob("*.yaml")):
        if not file.name.endswith(".test.yaml"):
            assert lints(read_rules(file.name, file.read_text(), LANGUAGE).compiled, LANGUAGE) == ()
