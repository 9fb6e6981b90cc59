"""Conditions and views for tests, and strategies for arbitrary ones."""

from collections.abc import Sequence

from hypothesis import strategies as st

from reactor.core.language.problems import BadExpression, Problem
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
    Select,
)
from reactor.core.language.windows import Track, Window
from reactor.core.rules import Condition, View
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


_flags = st.none() | st.booleans()
_moments = st.floats(0, 1_000, allow_nan=False)
_WINDOWS = [(field, span) for field in ("pids", "memory", "cpu", "restarts") for span in (3.0, 10.0, 60.0)]


def tracks() -> st.SearchStrategy[dict[Window, Track]]:
    """What may have been kept of a run, for the windows that ``conditions`` asks about."""

    def kept(points: Sequence[tuple[float, float]], span: float) -> Track:
        track = Track(span)
        for at, value in points:
            track = track.add(at, value)
        return track

    points = st.lists(st.tuples(_moments, st.integers(0, 2**62) | st.integers(0, 9)), max_size=6).map(sorted)
    series = st.lists(st.tuples(st.sampled_from(_WINDOWS), points), max_size=4)
    return series.map(lambda made: {Window(*window): kept(points, window[1]) for window, points in made})


def views() -> st.SearchStrategy[View]:
    """Any view at all, nonsense included."""
    return st.builds(
        View,
        name=_words,
        image=_words,
        state=_words,
        labels=st.dictionaries(_words, _words, max_size=3),
        age=st.none() | st.floats() | st.integers(0, 10**6).map(float),
        total_age=st.none() | st.integers(0, 10**6).map(float),
        pids=_amounts,
        pids_limit=_amounts,
        memory=_amounts,
        memory_limit=_amounts,
        group_pids=_amounts,
        group_memory=_amounts,
        restarts=_amounts,
        oom_kills=_amounts,
        cpu=st.none() | st.floats(),
        health=st.none() | _words,
        user=st.none() | _words,
        privileged=_flags,
        init=_flags,
        ready=_flags,
        memory_limited=_flags,
        pids_limited=_flags,
        cpu_limited=_flags,
        layer_writes=_amounts,
        ports=st.none() | st.lists(_words, max_size=3).map(tuple),
        tracks=tracks(),
        at=_moments,
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


_spans = st.sampled_from([3.0, 10.0, 60.0]).map(lambda span: Literal(Kind.DURATION, span))


def _over_time(field: str, *names: str) -> st.SearchStrategy[Node]:
    return st.builds(Call, st.sampled_from(names), st.tuples(st.just(Name(field)), _spans))


def _to_limit(field: str) -> st.SearchStrategy[Node]:
    ends = st.just(Name(f"{field}_limit"))
    return st.builds(
        Call,
        st.just("time_to"),
        st.tuples(st.just(Name(field)), ends) | st.tuples(st.just(Name(field)), ends, _spans),
    )


_sizes = st.builds(
    Call, st.just("size"), st.sampled_from(["name", "labels", "ports"]).map(lambda name: (Name(name),))
) | st.just(Method(Name("image"), "size", ()))
_COUNTS = st.sampled_from(["pids", "pids_limit", "restarts", "oom_kills", "group.pids", "cpu"]).map(Name)
_COUNTED: dict[Kind, st.SearchStrategy[Node]] = {
    Kind.COUNT: (
        _COUNTS | _over_time("pids", "rate", "max", "min", "avg") | _over_time("restarts", "changes") | _sizes
    ),
    Kind.BYTES: (
        st.sampled_from(["memory", "memory_limit", "group.memory", "layer_writes"]).map(Name)
        | _over_time("memory", "rate", "max", "min", "avg")
    ),
    Kind.DURATION: st.sampled_from(["age", "total_age"]).map(Name) | _to_limit("memory") | _to_limit("pids"),
}


def _counted(kind: Kind, literals: st.SearchStrategy[Literal]) -> st.SearchStrategy[Node]:
    """Values of one unit, with some arithmetic in them."""
    leaves: st.SearchStrategy[Node] = _COUNTED[kind] | literals
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(Arithmetic, st.sampled_from("+-"), inner, inner)
            | st.builds(Arithmetic, st.sampled_from("*/"), inner, _numbers)
            | st.builds(Negative, inner)
            | st.builds(Choice, st.just(Name("privileged")), inner, inner)
        ),
        max_leaves=4,
    )


_signs = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
_optional = st.builds(Index, st.just(Name("labels")), _texts, optional=st.sampled_from([True]))
_text_values = (
    st.sampled_from(["name", "image", "user", "health"]).map(Name)
    | st.builds(Index, st.just(Name("labels")), _texts)
    | st.builds(Method, _optional, st.just("orValue"), st.tuples(_texts))
    | _texts
)
_patterns = st.sampled_from(["^a", "[a-c]+$", "ci-\\d+", "(a|ml)?x*"]).map(
    lambda text: Literal(Kind.TEXT, text)
)


def _comparisons() -> st.SearchStrategy[Node]:
    units = [_counted(Kind.COUNT, _numbers), _counted(Kind.BYTES, _bytes), _counted(Kind.DURATION, _seconds)]
    same = st.one_of([st.builds(Compare, _signs, unit, unit) for unit in units])
    limited = st.sampled_from(["pids", "memory"])
    parts = limited.map(Name) | limited.flatmap(lambda name: _over_time(name, "max", "min", "avg"))
    shares = st.builds(Compare, _signs, parts, _percents)
    texts = st.builds(Compare, st.sampled_from(["==", "!="]), _text_values, _text_values)
    lists = st.lists(_texts, min_size=1, max_size=3).map(tuple).map(Items)
    within = st.builds(
        Compare, st.just("in"), _text_values, lists | st.sampled_from([Name("labels"), Name("ports")])
    )
    methods = st.builds(
        Method,
        _text_values,
        st.sampled_from(["contains", "startsWith", "endsWith"]),
        st.tuples(_texts),
    )
    patterns = st.builds(Method, _text_values, st.just("matches"), st.tuples(_patterns))
    has = st.builds(Method, _optional, st.just("hasValue"), st.just(()))
    flags = st.sampled_from(["privileged", "init", "ready", "memory_limited"]).map(Name)
    return same | shares | texts | within | methods | patterns | has | flags


def _several(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


def conditions() -> st.SearchStrategy[Node]:
    """Trees without a mistake in their kinds. Whether they make sense is another matter."""
    return st.recursive(
        _comparisons(),
        lambda inner: (
            st.builds(Logic, st.sampled_from(["&&", "||"]), _several(inner))
            | st.builds(Not, inner)
            | st.builds(Choice, inner, inner, inner)
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
            st.builds(Index, inner, inner, optional=st.booleans()),
            st.builds(Choice, inner, inner, inner),
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
