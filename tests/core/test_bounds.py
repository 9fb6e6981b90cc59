"""Which numbers a condition compares readings with: what lies between the same two is judged the same."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reactor.core.language.bounds import Bound, bounds_of, is_plain
from reactor.core.language.closures import test_of as compiled
from reactor.core.language.tree import Node
from reactor.core.rules import View
from tests.core.written import LANGUAGE, conditions, view, views


@pytest.mark.parametrize(
    ("text", "bounds", "plain"),
    [
        ("pids > 200", {Bound("pids", 200.0)}, True),
        ("200 < pids && pids <= 300", {Bound("pids", 200.0), Bound("pids", 300.0)}, True),
        (
            "memory > 80% || memory >= 2GiB",
            {Bound("memory", 80.0, relative=True), Bound("memory", 2.0 * 2**30)},
            True,
        ),
        ('age > 1h && !(pids > 5) && name.startsWith("a")', {Bound("pids", 5.0)}, True),
        ("age > 1h", set(), True),
        ("pids + 1 > 200", set(), False),
        ("pids > 200 && memory / 2 > 1GiB", {Bound("pids", 200.0)}, False),
        ("avg(pids, 1m) > 200", set(), False),
        ("pids > restarts", set(), False),
    ],
)
def test_what_is_found(text: str, bounds: set[Bound], plain: bool) -> None:
    tree = LANGUAGE.tree(text)
    assert set(bounds_of(tree)) == bounds
    assert is_plain(tree) is plain


@settings(max_examples=50, deadline=None)
@given(conditions(), views(), st.integers(0, 2**40), st.integers(0, 300))
def test_between_two_bounds_nothing_changes(tree: Node, seen: View, memory: int, pids: int) -> None:
    """The truth of a plain condition changes with a reading only where that passes a bound."""
    assume(is_plain(tree))
    limits = {"pids_limit": 300, "memory_limit": 2**40}
    one = view(age=seen.age, labels=seen.labels, pids=pids, memory=memory, **limits)
    for bound in bounds_of(tree):
        part = bound.ratio[0] / bound.ratio[1] * (limits[f"{bound.field}_limit"] if bound.relative else 1)
        # From just beside each bound to wherever the next one is not passed.
        other = {"pids": pids, "memory": memory} | {bound.field: max(0, int(part) + 2)}
        beside = view(age=seen.age, labels=seen.labels, **other, **limits)
        if _places(tree, one, limits) == _places(tree, beside, limits):
            assert compiled(tree)(one) == compiled(tree)(beside)


def _places(tree: Node, seen: View, limits: dict[str, int]) -> list[tuple[bool, bool]]:
    """On which side of each bound the readings lie."""
    places = []
    for bound in sorted(bounds_of(tree)):
        over, under = bound.ratio
        value = (seen.pids if bound.field == "pids" else seen.memory) or 0
        whole = over * (limits[f"{bound.field}_limit"] if bound.relative else 1)
        places.append((value * under > whole, value * under >= whole))
    return places
