"""Where a condition is plain CEL, Google's CEL engine gives the same answer; an error there is unknown here.

Quantities with units, percentages and functions over time are ours alone, so they are left out. Left out
too is a number with a point divided by zero: CEL calls it infinite, and we call it unknown.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from cel_expr_python import cel
from cel_expr_python.ext import ext_optional
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reactor.core.language.checker import check
from reactor.core.language.closures import test_of as compiled
from reactor.core.language.printing import text_of
from reactor.core.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Index,
    Items,
    Kind,
    Literal,
    Logic,
    Method,
    Name,
    Negative,
    Node,
    Not,
)
from reactor.core.rules import View
from tests.core.test_patterns import patterns
from tests.core.written import LANGUAGE, view

WHOLE = ("pids", "restarts", "oom_kills")
TYPES = {
    **dict.fromkeys(WHOLE, cel.Type.INT),
    **dict.fromkeys(("name", "image", "health", "user"), cel.Type.STRING),
    **dict.fromkeys(("privileged", "init"), cel.Type.BOOL),
    "cpu": cel.Type.DOUBLE,
    "labels": cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
    "ports": cel.Type.List(cel.Type.STRING),
}
ENGINE = cel.NewEnv(variables=TYPES, extensions=[ext_optional.ExtOptional()])

words = st.sampled_from(["", "a", "ab", "ml", 'q"\\', "é\u202e", "ci-7", "\n"])
texts = words.map(lambda text: Literal(Kind.TEXT, text))
signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def fixed(value: float) -> Literal:
    return Literal(Kind.NUMBER, value)


def labels(*, optional: bool) -> st.SearchStrategy[Node]:
    key = st.sampled_from(["a", "team"]).map(lambda word: Literal(Kind.TEXT, word))
    return st.builds(Index, st.just(Name("labels")), key, optional=st.sampled_from([optional]))


plain_texts = st.sampled_from(["name", "image", "health", "user"]).map(Name) | labels(optional=False) | texts
text_values = plain_texts | st.builds(
    Method, labels(optional=True), st.just("orValue"), plain_texts.map(lambda text: (text,))
)
sizes = st.builds(
    Call,
    st.just("size"),
    (text_values | st.sampled_from([Name("labels"), Name("ports")])).map(lambda one: (one,)),
)
whole = st.recursive(
    st.sampled_from(WHOLE).map(Name) | st.integers(0, 9).map(fixed) | sizes,
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, st.integers(0, 9).map(fixed))
        | st.builds(Arithmetic, st.sampled_from("+-"), inner, inner)
        | st.builds(Negative, inner)
        | st.builds(Choice, st.sampled_from([Name("privileged"), Name("init")]), inner, inner)
    ),
    max_leaves=5,
)
pointed = st.recursive(
    st.just(Name("cpu")) | st.sampled_from([0.1, 0.5, 2.0, 1e-7]).map(fixed),
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*"), inner, inner)
        | st.builds(Arithmetic, st.just("/"), inner, st.sampled_from([0.5, 3.0]).map(fixed))
        | st.builds(Negative, inner)
    ),
    max_leaves=4,
)


def several(inner: st.SearchStrategy[Node], least: int = 1) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(inner, min_size=least, max_size=3).map(tuple)


comparisons = st.one_of(
    st.builds(Compare, signs, whole, whole),
    st.builds(Compare, signs, pointed, pointed),
    st.builds(Compare, st.sampled_from(["==", "!="]), text_values, text_values),
    st.builds(Compare, st.just("in"), text_values, several(texts).map(Items)),
    st.builds(Compare, st.just("in"), whole, several(st.integers(0, 9).map(fixed)).map(Items)),
    st.builds(Compare, st.just("in"), text_values, st.sampled_from([Name("labels"), Name("ports")])),
    st.builds(
        Method,
        text_values,
        st.sampled_from(["contains", "startsWith", "endsWith"]),
        text_values.map(lambda text: (text,)),
    ),
    st.builds(
        Method, text_values, st.just("matches"), patterns.map(lambda text: (Literal(Kind.TEXT, text),))
    ),
    st.builds(Method, labels(optional=True), st.just("hasValue"), st.just(())),
    st.sampled_from([Name("privileged"), Name("init")]),
    st.booleans().map(lambda value: Literal(Kind.CONDITION, value)),
)
conditions = st.recursive(
    comparisons,
    lambda inner: (
        st.builds(Logic, st.sampled_from(["&&", "||"]), several(inner, 2))
        | st.builds(Not, inner)
        | st.builds(Choice, inner, inner, inner)
    ),
    max_leaves=6,
)
maybe_few = st.none() | st.integers(0, 9)
maybe_word = st.none() | words
views = st.builds(
    view,
    name=words,
    image=words,
    labels=st.dictionaries(st.sampled_from(["a", "team", "x"]), words),
    pids=maybe_few,
    restarts=maybe_few,
    oom_kills=maybe_few,
    cpu=st.none() | st.sampled_from([0.0, 0.1, 0.5, 1.5]),
    health=maybe_word,
    user=maybe_word,
    privileged=st.none() | st.booleans(),
    init=st.none() | st.booleans(),
    ports=st.none() | st.lists(words, max_size=2).map(tuple),
)


def theirs(text: str, seen: View) -> bool | None:
    """What the CEL engine answers; what is unknown here is not there at all."""
    known: dict[str, Any] = {name: getattr(seen, name) for name in TYPES if getattr(seen, name) is not None}
    known["labels"] = dict(seen.labels)
    if seen.ports is not None:
        known["ports"] = list(seen.ports)
    answer = ENGINE.compile(text).eval(data=known)
    return bool(answer.value()) if answer.type() == cel.Type.BOOL else None


@settings(max_examples=300, deadline=None)
@given(conditions, views)
def test_as_a_cel_engine(tree: Node, seen: View) -> None:
    """Every plain condition compiles there and means the same; what is an error there is unknown here."""
    assert check(tree) == ()
    ours = compiled(tree)(seen)
    event(f"answer {ours}")
    assert theirs(text_of(tree), seen) is ours


@pytest.mark.parametrize(
    ("text", "known", "answer"),
    [
        ("pids > 3 && name == 'x'", {"name": "y"}, False),
        ("pids > 3 || name == 'y'", {"name": "y"}, True),
        ("pids > 3 || name == 'x'", {"name": "y"}, None),
        (r'name.matches(r"^c\d$")', {"name": "c7"}, True),
        ("labels.?team.orValue('none') == 'none'", {}, True),
        ("-pids / 2 == -3", {"pids": 7}, True),
        ("pids > 1 ? init : privileged", {"pids": 1, "privileged": False}, False),
    ],
)
def test_written_by_hand(text: str, known: Mapping[str, object], answer: bool | None) -> None:
    """The text itself, as somebody writes it, is read alike by both."""
    seen = view(**known)
    assert compiled(LANGUAGE.tree(text))(seen) is answer
    assert theirs(text, seen) is answer
