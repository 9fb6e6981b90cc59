"""What is called impossible is impossible, and what is not called so can be."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.language.ranges import Claim, claim_of, opposite, possible
from reactor.core.language.tree import Compare, Index, Kind, Literal, Name
from tests.core.written import LANGUAGE, problems

SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def satisfied(claims: list[Claim], value: object) -> bool:
    return all(SIGNS[claim.sign](value, claim.value) for claim in claims)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(SIGNS)), st.integers(-2, 5)), min_size=1, max_size=4))
def test_numbers(written: list[tuple[str, int]]) -> None:
    """Claims about a number that is never negative are possible where some number meets them all."""
    claims = [Claim(Name("pids"), sign, value) for sign, value in written]
    grid = [step / 4 for step in range(30)]
    assert possible(claims) is any(satisfied(claims, value) for value in grid)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(SIGNS)), st.integers(98, 102)), min_size=1, max_size=4))
def test_percentages(written: list[tuple[str, int]]) -> None:
    """A share lies between nothing and the whole of its limit."""
    claims = [Claim(Name("memory"), sign, value, relative=True) for sign, value in written]
    grid = [0.0, 97.0, *(98 + step / 4 for step in range(9))]
    assert possible(claims) is any(satisfied(claims, value) for value in grid)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["==", "!="]), st.sampled_from("abc")), min_size=1, max_size=4))
def test_texts(written: list[tuple[str, str]]) -> None:
    """A text is one of infinitely many."""
    claims = [Claim(Index(Name("labels"), Literal(Kind.TEXT, "k")), sign, value) for sign, value in written]
    assert possible(claims) is any(satisfied(claims, value) for value in "abcd")


@given(st.sampled_from(list(SIGNS)), st.integers(-3, 3), st.integers(-3, 3))
def test_opposites(sign: str, value: int, other: int) -> None:
    """Of a claim and its opposite exactly one is true."""
    claim = Claim(Name("pids"), sign, value)
    assert satisfied([claim], other) is not satisfied([opposite(claim)], other)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("pids > 3", Claim(Name("pids"), ">", 3)),
        ("3 > pids", Claim(Name("pids"), "<", 3)),
        ("2 + 1 >= pids", Claim(Name("pids"), "<=", 3)),
        ("80% <= memory", Claim(Name("memory"), ">=", 80.0, relative=True)),
        ("pids > pids_limit", None),
        ("pids in [3]", None),
    ],
)
def test_claims(text: str, claim: Claim | None) -> None:
    """A comparison with a constant on either side is a claim; no other one is."""
    tree = LANGUAGE.tree(text)
    assert isinstance(tree, Compare)
    assert claim_of(tree) == claim


@pytest.mark.parametrize(
    "text",
    [
        "pids > 100 && pids < 200",
        "pids > 80% && pids < 50",
        "memory > 80% || memory < 10MiB",
        "age > 1h || age < 1m",
        'name != "a" && name != "b"',
        'name == "a" || name == "b"',
        'labels["a"] == "x" && labels["b"] == "y"',
        "memory - 1MiB < 0B",
        "memory >= 100%",
        "pids > 0",
        "memory > 500MiB && memory > 80%",
        'state == "paused" && age > 1h || state == "running" && age > 2h',
    ],
)
def test_what_makes_sense_is_let_through(text: str) -> None:
    """The search for slips has no business with conditions that can be true and can be false."""
    assert problems(text) == ()
