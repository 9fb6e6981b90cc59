"""How near a run is to a whole condition, and which comparison that is of."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reactor.core.language.nearness import measure_of
from tests.core.written import condition, problems, view

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("text", "values", "share", "of"),
    [
        ("pids > 200", {"pids": 150}, 0.75, "pids"),
        ("pids > 200", {"pids": 200}, 1.0, "pids"),
        ("pids > 200", {"pids": 0}, 0.0, "pids"),
        ("memory > 80%", {"memory": 60 * MIB, "memory_limit": 100 * MIB}, 0.75, "memory"),
        ("age > 12h", {"age": 6 * 3600.0}, 0.5, "age"),
        ("pids > 200 && age > 10h", {"pids": 190, "age": 3600.0}, 0.1, "age"),
        ("pids > 200 || age > 10h", {"pids": 190, "age": 3600.0}, 0.95, "pids"),
        ('name == "x" && pids > 200', {"name": "x", "pids": 100}, 0.5, "pids"),
        ("pids > 200 || age > 10h", {"pids": 300}, 1.5, "pids"),
    ],
)
def test_the_nearest_of_a_condition(text: str, values: dict[str, float], share: float, of: str) -> None:
    tree = condition(text).tree
    assert tree is not None
    near = measure_of(tree)(view(**values))
    assert near is not None
    assert near[1] is not None
    assert near[0] == pytest.approx(share)
    assert near[1].name == of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("pids > 200", {}),
        ("memory > 80%", {"memory": MIB}),
        ("pids > 200 && age > 10h", {"pids": 190}),
        ("pids > 200 || age > 10h", {}),
    ],
)
def test_unknown_is_neither_near_nor_far(text: str, values: dict[str, float]) -> None:
    tree = condition(text).tree
    assert tree is not None
    assert measure_of(tree)(view(**values)) is None


def test_what_fails_in_a_word_is_not_near() -> None:
    tree = condition('name == "x" && pids > 200').tree
    assert tree is not None
    assert measure_of(tree)(view(name="y", pids=199)) == (0.0, None)


PARTS = ("pids > 200", "pids >= 9", "memory > 80%", "age > 12h", 'name == "x"', "cpu > 2")


@given(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    st.sampled_from([" && ", " || "]),
    st.one_of(st.none(), st.integers(0, 400)),
    st.one_of(st.none(), st.integers(0, 300)),
    st.one_of(st.none(), st.floats(0, 90_000)),
)
def test_what_holds_is_at_its_bound_or_beyond_and_what_does_not_is_not_beyond(
    parts: list[str], sign: str, pids: int | None, memory: int | None, age: float | None
) -> None:
    """The number says the same as the verdict, whatever is unknown."""
    assume(not problems(sign.join(parts)))
    found = condition(sign.join(parts))
    assert found.tree is not None
    seen = view(name="x", pids=pids, memory=memory, memory_limit=256, age=age, cpu=1.0)
    near, verdict = measure_of(found.tree)(seen), found.test(seen)
    if verdict:
        assert near is not None
        assert near[0] >= 1
    elif verdict is False:
        assert near is not None
        assert near[0] <= 1
