"""Conditions and views for tests, and strategies for arbitrary ones."""

from hypothesis import strategies as st

from reactor.core.problems import BadExpression, Problem
from reactor.core.rules import Condition, View
from reactor.core.tree import (
    Arithmetic,
    Call,
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
    Select,
)
from reactor.ruleset.expressions import Language

MIB = 1024 * 1024
LANGUAGE = Language()


def condition(text: str) -> Condition:
    """The compiled condition that a text says."""
    return LANGUAGE.condition(text)


def problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with a text; nothing if it is a condition."""
    try:
        LANGUAGE.condition(text)
    except BadExpression as error:
        return error.problems
    return ()


def view(**known: object) -> View:
    """A view of a container of which only the given fields are known."""
    base: dict[str, object] = {"name": "c1", "image": "busybox:test", "state": "running", "labels": {}}
    return View(**{**base, **known})  # type: ignore[arg-type]  # The names are those of the fields.


_amounts = st.none() | st.integers(-(2**70), 2**70) | st.integers(0, 300)
_words = st.sampled_from(["", "a", "ml", "running", "ci-7"]) | st.text(max_size=100)


def views() -> st.SearchStrategy[View]:
    """Any view at all, nonsense included."""
    return st.builds(
        View,
        name=_words,
        image=_words,
        state=_words,
        labels=st.dictionaries(_words, _words, max_size=3),
        age=st.none() | st.floats() | st.integers(0, 10**6).map(float),
        pids=_amounts,
        pids_limit=_amounts,
        memory=_amounts,
        memory_limit=_amounts,
    )


def _written(number: float) -> float:
    """A number with no more digits behind the point than anyone writes."""
    return round(number, 6)


_counts = st.integers(0, 2**63 - 1) | st.integers(0, 300)
_decimals = st.floats(0, 1e18, allow_nan=False) | st.sampled_from([0.1, 0.5, 1e-7, 1e17])
_numbers = st.builds(Literal, st.just(Kind.NUMBER), _counts | _decimals)
_bytes = st.builds(Literal, st.just(Kind.BYTES), st.integers(0, 2**60))
_seconds = st.builds(
    Literal, st.just(Kind.DURATION), st.floats(0, 1e9).map(_written) | st.integers(0, 10**7).map(float)
)
_percents = st.builds(
    Literal, st.just(Kind.PERCENT), st.floats(0.001, 99.9).map(_written) | st.integers(1, 99)
)
_texts = st.builds(Literal, st.just(Kind.TEXT), st.text(max_size=8))


def _counted(field: str, literals: st.SearchStrategy[Literal]) -> st.SearchStrategy[Node]:
    """Values of one unit, with some arithmetic in them."""
    fields = st.sampled_from([field, f"{field}_limit"] if field != "age" else [field]).map(Name)
    leaves: st.SearchStrategy[Node] = fields | literals
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(Arithmetic, st.sampled_from("+-"), inner, inner)
            | st.builds(Arithmetic, st.sampled_from("*/"), inner, _numbers)
            | st.builds(Negative, inner)
        ),
        max_leaves=4,
    )


_signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
_text_values = (
    st.sampled_from(["name", "image"]).map(Name) | st.builds(Index, st.just(Name("labels")), _texts) | _texts
)


def _comparisons() -> st.SearchStrategy[Node]:
    units = [_counted("pids", _numbers), _counted("memory", _bytes), _counted("age", _seconds)]
    same = st.one_of([st.builds(Compare, _signs, unit, unit) for unit in units])
    shares = st.builds(Compare, _signs, st.sampled_from(["pids", "memory"]).map(Name), _percents)
    texts = st.builds(Compare, st.sampled_from(["==", "!="]), _text_values, _text_values)
    lists = st.lists(_texts, min_size=1, max_size=3).map(tuple).map(Items)
    within = st.builds(Compare, st.just("in"), _text_values, lists | st.just(Name("labels")))
    methods = st.builds(
        Method,
        _text_values,
        st.sampled_from(["contains", "startsWith", "endsWith"]),
        st.tuples(_texts),
    )
    return same | shares | texts | within | methods


def _several(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


def conditions() -> st.SearchStrategy[Node]:
    """Trees without a mistake in their kinds. Whether they make sense is another matter."""
    return st.recursive(
        _comparisons(),
        lambda inner: (
            st.builds(Logic, st.sampled_from(["&&", "||"]), _several(inner)) | st.builds(Not, inner)
        ),
        max_leaves=5,
    )


_identifiers = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True).filter(
    lambda word: word not in ("in", "true", "false")
)


def trees() -> st.SearchStrategy[Node]:
    """Any tree that has a spelling, however little sense it makes."""
    truths = st.booleans().map(lambda value: Literal(Kind.CONDITION, value))
    leaves = _numbers | _bytes | _seconds | _percents | _texts | truths | _identifiers.map(Name)

    def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, max_size=3).map(tuple)
        return st.one_of(
            several.map(Items),
            st.builds(Index, inner, inner),
            st.builds(Select, inner, _identifiers),
            st.builds(Call, _identifiers, several),
            st.builds(Method, inner, _identifiers, several),
            st.builds(Not, inner),
            st.builds(Negative, inner),
            st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
            st.builds(Compare, st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "in"]), inner, inner),
            st.builds(Logic, st.sampled_from(["&&", "||"]), _several(inner)),
        )

    return st.recursive(leaves, grow, max_leaves=12)
