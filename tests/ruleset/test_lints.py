"""What is allowed and probably not meant is said, and what is meant is left in peace."""

from pathlib import Path

import pytest

from reactor.ruleset.expressions import Language
from reactor.ruleset.lints import lints
from reactor.ruleset.reading import read_rules

ROOT = Path(__file__).parents[2]
AGE = "      - name: age\n        when: age > 12h\n"


def warnings(*rules: str) -> list[str]:
    """The warnings about some rules, each without its file."""
    language = Language()
    read = read_rules("r.yaml", "groups:\n  - name: g\n    rules:\n" + "".join(rules), language)
    assert not read.errors
    return [str(each).partition(":")[2] for each in lints(read.compiled, language)]


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
        rule("r", "when: age > 11h"),
        rule("r", "when: age > 12h", "dry_run: true"),
        rule("r", "when: age > 12h", "on: oom"),
        rule("r", "when: age > 12h", "exceptions: [{name: x, fields: [name], values: [[a]]}]"),
    ],
)
def test_not_shadowed(other: str) -> None:
    assert warnings(AGE, other) == []
    assert warnings(other, AGE) == []


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
    language = Language()
    for file in sorted((ROOT / "rules").glob("*.yaml")):
        if not file.name.endswith(".test.yaml"):
            assert lints(read_rules(file.name, file.read_text(), language).compiled, language) == ()
