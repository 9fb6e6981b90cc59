"""Nonsense in templates and stacks: never a traceback, and every complaint has a place in the text."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Limits
from reactor.core.recipe_digest import digest
from reactor.core.recipes import Template
from reactor.core.templating import Filling, folders_for, render
from reactor.ruleset import BadRules, RuleError, read_stack
from reactor.ruleset.compose.needs import circles, in_order, needed_by
from reactor.ruleset.reading import read_rules
from tests.core.written import LANGUAGE
from tests.fuzz.making import mutated
from tests.ruleset.compose.test_documented import BLOCKS
from tests.ruleset.compose.test_stack import STACK
from tests.ruleset.compose.test_templates import SETS
from tests.ruleset.test_schema import SPELLINGS

FILLING = Filling("a task/..", "x", "/data/t", "/data/s", "c" * 64)
WORDS = st.sampled_from(
    [
        "null", "true", "a", "'a b'", "''", "5", "-1", "0", "1g", "5s", "80:80", "${REACTOR_TASK}", "$", "/a",
        "/a:/b", "'${REACTOR_DATA}/x:/y'", "CMD", "service_healthy", "A=b", "main", "service:b", "no", "0700",
        "1:1", "b", "é",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "image", "command", "environment", "labels", "volumes", "ports", "healthcheck", "test", "interval",
        "depends_on", "mem_limit", "cpus", "deploy", "resources", "limits", "memory", "network_mode",
        "x-reactor", "folders", "owner", "mode", "restart", "user", "build", "condition", "sidecar_of", "a",
        "b", "x-y", "type", "source", "target", "init", "retries", "on_failure", "working_dir",
    ]
)  # fmt: skip


def _as_map(pairs: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"


VALUES = st.recursive(
    WORDS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.dictionaries(KEYS, inner, max_size=4).map(_as_map)
    ),
    max_leaves=10,
)


def check(text: str, *, stack: bool = False) -> bool:
    """Whether it was accepted: then all of it can be filled in, or is refused by name."""
    templates, errors = _stack(text) if stack else _rules(text)
    assert bool(templates) is not bool(errors) or not stack
    _check_errors(text, errors)
    for template in templates:
        _check_template(template)
    return not errors


def _rules(text: str) -> tuple[tuple[Template, ...], tuple[RuleError, ...]]:
    read = read_rules("f.yaml", text, LANGUAGE)
    assert bool(read.errors) is not bool(read.rules or read.provisions.templates)
    return read.provisions.templates, read.errors


def _stack(text: str) -> tuple[tuple[Template, ...], tuple[RuleError, ...]]:
    try:
        return read_stack("f.yaml", text).services, ()
    except BadRules as bad:
        return (), bad.errors


def _check_errors(text: str, errors: tuple[RuleError, ...]) -> None:
    lines = (*text.split("\n"), "")
    for error in errors:
        assert 0 <= error.line <= len(lines)
        assert error.line == 0 or 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert str(error).isprintable()


def _check_template(template: Template) -> None:
    Limits.refuse_bad(template.recipe.limits)
    assert None not in (
        template.recipe.limits.pids,
        template.recipe.limits.memory,
        template.recipe.limits.cpu,
    )
    recipe = render(template, replace(FILLING, ids=dict.fromkeys(template.needs, "d" * 64)))
    assert recipe.labels["reactor.template-hash"] == digest(recipe)
    assert all(bind.source.startswith("/") and ".." not in bind.source.split("/") for bind in recipe.binds)
    for folder in folders_for(template, FILLING):
        assert folder.path.strip("/") == folder.path != ""
        assert not {"", ".", ".."} & set(folder.path.split("/"))


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([*BLOCKS, SETS, SPELLINGS]), st.randoms(use_true_random=False))
def test_accidents(text: str, dice: random.Random) -> None:
    check(mutated(text, dice))


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_accidents_in_stacks(dice: random.Random) -> None:
    check(mutated(STACK, dice), stack=True)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5).map(_as_map), VALUES)
def test_any_shape(service: str, other: str) -> None:
    check(f"templates: {{a: {service}, b: {other}}}")
    check(f"services: {{a: {service}, b: {{image: b}}}}", stack=True)


@settings(max_examples=60, deadline=None)
@given(KEYS, VALUES)
def test_any_value(key: str, value: str) -> None:
    """One key beside what is right."""
    image = "" if key == "image" else "image: a, "
    check(f"templates: {{a: {{{image}{key}: {value}}}, b: {{image: b}}}}")


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_any_set(value: str) -> None:
    check(f"templates: {{a: {{image: a}}}}\nsidecars: {value}")
    check(f"templates: {{a: {{image: a}}}}\nsidecars: [{{name: s, asked: true, templates: {value}}}]")


@pytest.mark.parametrize("text", [*BLOCKS, SETS, SPELLINGS])
def test_right_as_they_are(text: str) -> None:
    """What the accidents happen to is right, so that there is something to break."""
    assert check(text)


NAMES = "abcdef"
NEEDS = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)).map(sorted))


@given(NEEDS)
def test_orders(needs: dict[str, list[str]]) -> None:
    """Everybody is in the order, after what he needs, or waits for somebody in a circle."""
    placed = in_order(NAMES, needs)
    for at, name in enumerate(placed):
        assert set(needs.get(name, ())) <= set(placed[:at])
    found = list(circles(NAMES, needs))
    assert bool(found) is (len(placed) < len(NAMES))
    for circle in found:
        assert all(
            after in needs[before] for before, after in zip(circle, [*circle[1:], circle[0]], strict=True)
        )


@given(NEEDS, st.sets(st.sampled_from(NAMES)))
def test_what_is_missing(needs: dict[str, list[str]], some: set[str]) -> None:
    """With what is missing, nothing is."""
    missing = needed_by(some, needs)
    whole = some | missing.keys()
    assert not some & missing.keys()
    assert all(other in whole for name in whole for other in needs.get(name, ()))
