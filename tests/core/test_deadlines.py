"""The heap of deadlines, and the shelf's note of who was changed."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import ContainerId
from reactor.core.deadlines import Deadlines
from reactor.core.shelf import MOST_NOTED, Shelf
from tests.core.build import cid

MOMENTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=60)


@given(MOMENTS, st.lists(st.integers(0, 60), max_size=8))
def test_whoever_is_due_comes_out_in_order_and_nobody_is_lost(
    put: list[tuple[int, int]], looks: list[int]
) -> None:
    heap, left = Deadlines(), sorted(at for at, _ in put)
    for at, who in put:
        heap = heap.put(float(at), cid(who))
    for look in sorted(looks):
        found, heap = heap.due(float(look))
        due = [at for at in left if at <= look]
        left = left[len(due) :]
        assert len(found) == len(due)
        assert len(heap) == len(left)
        assert heap.earliest == (left[0] if left else None)


@given(MOMENTS)
def test_each_comes_out_at_his_own_moment(put: list[tuple[int, int]]) -> None:
    heap, found = Deadlines(), list[tuple[int, int]]()
    for at, who in put:
        heap = heap.put(float(at), cid(who))
    for at in range(51):
        due, heap = heap.due(float(at))
        found += [(at, int(key, 16)) for key in due]
    assert sorted(found) == sorted(put)


def test_a_heap_is_never_changed() -> None:
    """What was taken out of the later one is in the earlier one still."""
    heap = Deadlines().put(1.0, cid(1)).put(2.0, cid(2))
    first, rest = heap.due(1.5)
    assert first == [cid(1)]
    assert len(rest) == 1
    assert heap.due(5.0)[0] == [cid(1), cid(2)]


def test_every_change_stirs_but_a_quiet_one() -> None:
    shelf: Shelf[str] = Shelf[str]().put(cid(1), "a").put_all({cid(2): "b", cid(3): "c"}, {cid(3)})
    assert shelf.stirred == {cid(1), cid(2)}
    later = shelf.settled().put(cid(1), "d", quiet=True).drop(cid(2))
    assert later.stirred == {cid(2)}
    assert later.stir([cid(3)]).stirred == {cid(2), cid(3)}
    assert shelf.stirred == {cid(1), cid(2)}


def test_what_nobody_looks_at_does_not_grow_for_ever() -> None:
    """The same few, noted again and again, take the room of a few."""
    shelf: Shelf[int] = Shelf()
    for number in range(2 * MOST_NOTED + 10):
        shelf = shelf.put(cid(number % 3), number)
    assert shelf.stirred == {cid(0), cid(1), cid(2)}
    assert sum(1 for _ in shelf.noted()) < 100


def test_some_are_walked_in_the_order_of_all() -> None:
    shelf: Shelf[ContainerId] = Shelf()
    keys = [ContainerId(f"{number * 7919 % 997:02x}".rjust(64, "b")) for number in range(200)]
    keys += [ContainerId(f"{number:02x}" + "0" * 62) for number in range(100)]
    shelf = shelf.put_all({key: key for key in keys})
    some = set(keys[::3])
    assert list(shelf.among(some)) == [key for key in shelf.values() if key in some]
