"""A map that is never changed in place: each change gives a new one and shares the rest.

The step from one state to the next must leave the old state as it was, and copying a
dictionary of ten thousand entries for each sample would cost more than everything else.
So the entries are spread over a fixed number of small dictionaries by the first digits of
their id, and a change copies only one of them. The order of a walk does not depend on
Python's hash seed: the same facts give the same decisions in the same order.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from reactor.core.container import ContainerId

V = TypeVar("V")
SHARDS = 256


def _shard(key: ContainerId) -> int:
    return int(key[:2], 16) % SHARDS


class Shelf(Generic[V]):
    """A persistent map from container ids to values."""

    __slots__ = ("_shards",)

    def __init__(self, shards: tuple[dict[ContainerId, V], ...] | None = None) -> None:
        self._shards = shards if shards is not None else ({},) * SHARDS

    def get(self, key: ContainerId) -> V | None:
        """The value, or None."""
        return self._shards[_shard(key)].get(key)

    def __contains__(self, key: ContainerId) -> bool:
        return key in self._shards[_shard(key)]

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    def values(self) -> Iterator[V]:
        """All values, in an order that depends on the ids and on their arrival alone."""
        for shard in self._shards:
            yield from shard.values()

    def put(self, key: ContainerId, value: V) -> "Shelf[V]":
        """A shelf with this value."""
        return self._with_shard(_shard(key), {**self._shards[_shard(key)], key: value})

    def put_all(self, changes: Mapping[ContainerId, V]) -> "Shelf[V]":
        """A shelf with all of these values; each touched part is copied once."""
        if not changes:
            return self
        shards: list[dict[ContainerId, V]] = list(self._shards)
        copied: set[int] = set()
        for key, value in changes.items():
            index = _shard(key)
            if index not in copied:
                shards[index] = dict(shards[index])
                copied.add(index)
            shards[index][key] = value
        return Shelf(tuple(shards))

    def drop(self, key: ContainerId) -> "Shelf[V]":
        """A shelf without this key; the same shelf if it was not there."""
        if key not in self:
            return self
        index = _shard(key)
        return self._with_shard(index, {k: v for k, v in self._shards[index].items() if k != key})

    def _with_shard(self, index: int, shard: dict[ContainerId, V]) -> "Shelf[V]":
        return Shelf((*self._shards[:index], shard, *self._shards[index + 1 :]))
