"""The persistent map behaves like a dictionary and never changes one that was handed out."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import ContainerId
from reactor.core.shelf import Shelf
from tests.core.build import cid

KEYS = st.integers(0, 300).map(lambda n: ContainerId(f"{n * 7919 % 997:02x}".ljust(64, "0")))
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers()),
        st.tuples(st.just("drop"), KEYS, st.just(0)),
    ),
    max_size=60,
)


@given(CHANGES)
def test_a_shelf_is_a_dictionary_that_keeps_its_past(changes: list[tuple[str, ContainerId, int]]) -> None:
    shelf: Shelf[int] = Shelf()
    model: dict[ContainerId, int] = {}
    past: list[tuple[Shelf[int], dict[ContainerId, int]]] = []
    for what, key, value in changes:
        past.append((shelf, dict(model)))
        if what == "put":
            shelf, model = shelf.put(key, value), {**model, key: value}
        else:
            shelf = shelf.drop(key)
            model.pop(key, None)
    past.append((shelf, model))
    for then, expected in past:
        assert sorted(then.values()) == sorted(expected.values())
        assert len(then) == len(expected)
        assert all(then.get(key) == value and key in then for key, value in expected.items())


@given(st.dictionaries(KEYS, st.integers()), st.dictionaries(KEYS, st.integers()))
def test_many_changes_at_once_equal_one_after_another(
    first: dict[ContainerId, int], second: dict[ContainerId, int]
) -> None:
    together = Shelf[int]().put_all(first).put_all(second)
    assert {key: together.get(key) for key in first | second} == first | second
    assert len(together) == len(first | second)


def test_nothing_changed_is_the_same_shelf() -> None:
    shelf: Shelf[int] = Shelf[int]().put(cid(1), 1)
    assert shelf.put_all({}) is shelf
    assert shelf.drop(cid(2)) is shelf
