"""A map that is never changed in place: each change gives a new one and shares the rest.

The step from one state to the next must leave the old state as it was, and copying a
dictionary of ten thousand entries for each sample would cost more than everything else.
So the entries are spread over a fixed number of small dictionaries by the first digits of
their id, and a change copies only one of them. The order of a walk does not depend on
Python's hash seed: the same facts give the same decisions in the same order.

Being the only door to the entries, it also notes who was changed: so whoever has to look at those that
changed need not look at all of them, and no change can be forgotten.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from reactor.core.container import ContainerId

V = TypeVar("V")
SHARDS = 256
MOST_NOTED = 16_384
_Stirred = tuple[ContainerId, "_Stirred"] | None
"""Who was changed, the last one first: a list that grows without being copied."""


def _shard(key: ContainerId) -> int:
    return int(key[:2], 16) % SHARDS


class Shelf(Generic[V]):
    """A persistent map from container ids to values, and who of them was *stirred* since somebody looked."""

    __slots__ = ("_count", "_shards", "_stirred")

    def __init__(
        self,
        shards: tuple[dict[ContainerId, V], ...] | None = None,
        stirred: _Stirred = None,
        count: int = 0,
    ) -> None:
        self._shards = shards if shards is not None else ({},) * SHARDS
        self._stirred = stirred
        self._count = count

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

    def among(self, keys: Collection[ContainerId]) -> Iterator[V]:
        """The values of these keys, in the same order."""
        wanted: dict[int, set[ContainerId]] = {}
        for key in keys:
            wanted.setdefault(_shard(key), set()).add(key)
        for index in sorted(wanted):
            shard, mine = self._shards[index], wanted[index]
            yield from (value for key, value in shard.items() if key in mine)

    def since(self, before: "Shelf[V]") -> Iterator[tuple[ContainerId, V | None]]:
        """Whose value is another one than it was in that shelf, None for who is not there any more.

        Values are held against each other by identity, and parts that both shelves share not at all.
        """
        for was, now in zip(before._shards, self._shards, strict=True):
            if was is now:
                continue
            yield from ((key, value) for key, value in now.items() if was.get(key) is not value)
            if not was.keys() <= now.keys():
                yield from ((key, None) for key in was if key not in now)

    @property
    def stirred(self) -> frozenset[ContainerId]:
        """Who was changed since ``settled``, in whatever way, those who are gone by now among them."""
        return frozenset(self.noted())

    def noted(self) -> Iterator[ContainerId]:
        """The same, the last one first, and some of them more than once."""
        return _each(self._stirred)

    def stir(self, keys: Iterable[ContainerId]) -> "Shelf[V]":
        """The same values, and these are stirred."""
        return Shelf(self._shards, *self._stirring(keys))

    def settled(self) -> "Shelf[V]":
        """The same values, and nobody stirred."""
        return Shelf(self._shards)

    def put(self, key: ContainerId, value: V, *, quiet: bool = False) -> "Shelf[V]":
        """A shelf with this value. A ``quiet`` change stirs nobody."""
        index = _shard(key)
        return self._with_shard(index, {**self._shards[index], key: value}, () if quiet else (key,))

    def put_all(
        self, changes: Mapping[ContainerId, V], quiet: Collection[ContainerId] = frozenset()
    ) -> "Shelf[V]":
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
        return Shelf(tuple(shards), *self._stirring(key for key in changes if key not in quiet))

    def drop(self, key: ContainerId) -> "Shelf[V]":
        """A shelf without this key; the same shelf if it was not there."""
        if key not in self:
            return self
        index = _shard(key)
        return self._with_shard(index, {k: v for k, v in self._shards[index].items() if k != key}, (key,))

    def _with_shard(
        self, index: int, shard: dict[ContainerId, V], stirring: tuple[ContainerId, ...]
    ) -> "Shelf[V]":
        shards = (*self._shards[:index], shard, *self._shards[index + 1 :])
        return Shelf(shards, *self._stirring(stirring))

    def _stirring(self, keys: Iterable[ContainerId]) -> tuple[_Stirred, int]:
        stirred, count = self._stirred, self._count
        for key in keys:
            stirred, count = (key, stirred), count + 1
        if count > MOST_NOTED:
            # Nobody has looked for long, and the same ones were noted again and again.
            return _noted(dict.fromkeys(_each(stirred)))
        return stirred, count


def _each(stirred: _Stirred) -> Iterator[ContainerId]:
    while stirred is not None:
        key, stirred = stirred
        yield key


def _noted(keys: Iterable[ContainerId]) -> tuple[_Stirred, int]:
    stirred: _Stirred = None
    for key in keys:
        stirred = (key, stirred)
    # It is counted from nothing again: as many more may come before it is looked through once more.
    return stirred, 0
