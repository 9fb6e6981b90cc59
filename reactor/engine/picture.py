"""The picture of the engine: what each container looked like when it was last inspected.

The picture is rebuilt from the engine at any moment and decides nothing. It says who must
be looked at again, and puts a list and the looks together into a snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reactor.core.container import Container, ContainerId, Listed, State
from reactor.core.facts import Snapshot


@dataclass(frozen=True, slots=True)
class Known:
    """A container and when it was inspected, on our clock."""

    container: Container
    at: float


class Picture:
    """The last look at each container, and the looks that failed since."""

    def __init__(self) -> None:
        self._known: dict[ContainerId, Known] = {}
        self._failed: dict[ContainerId, float] = {}
        self._listed: frozenset[ContainerId] = frozenset()

    def get(self, key: ContainerId) -> Container | None:
        """The container as it was last seen."""
        known = self._known.get(key)
        return known.container if known is not None else None

    def saw(self, container: Container, at: float) -> None:
        """Keep a look."""
        self._known[container.id] = Known(container, at)
        self._failed.pop(container.id, None)

    def missed(self, key: ContainerId, at: float) -> None:
        """Keep that a look failed."""
        self._failed[key] = at

    def lost(self, key: ContainerId) -> None:
        """The engine knows it no more."""
        self._known.pop(key, None)
        self._failed.pop(key, None)

    def to_look_at(self, rows: Iterable[Listed], *, all_alive: bool) -> list[ContainerId]:
        """Who must be inspected: the unknown, the changed, the doubtful; after a gap all that are alive."""
        return [row.id for row in rows if (all_alive and row.alive) or self._is_open(row)]

    def _is_open(self, row: Listed) -> bool:
        known = self._known.get(row.id)
        if known is None or row.id in self._failed:
            return True
        # The event that told of other health can have been lost; the list then says so, too.
        if row.health and row.health != known.container.health:
            return True
        # The image of a container can be unreadable for a while; then its labels cannot be told apart.
        return known.container.state is not row.state or known.container.image_labels is None

    def surprises(self, rows: Iterable[Listed]) -> list[ContainerId]:
        """Who is new, or ended, without our having looked since: an event must have said so.

        Who stood in the list before and could not be looked at yet is no news: of many, some wait for long.
        """
        found = []
        for row in rows:
            known = self._known.get(row.id)
            if (known is None and row.id not in self._listed) or (
                known is not None and known.container.state is State.RUNNING and not row.alive
            ):
                found.append(row.id)
        return found

    def snapshot(self, rows: Sequence[Listed], *, at: float, began: float, number: int) -> Snapshot:
        """The list with what is known of each; forgets whoever is neither listed nor newer than the list."""
        self._listed = listed = frozenset(row.id for row in rows)
        for key in [key for key, known in self._known.items() if key not in listed and known.at < began]:
            self.lost(key)
        unsure = frozenset(row.id for row in rows if row.alive and self._is_doubtful(row, began))
        containers = tuple(
            self._merged(row, began) for row in rows if row.id in self._known and row.id not in unsure
        )
        unread = frozenset(row.id for row in rows if not row.alive and row.id not in self._known)
        doubtful = {row.id: row for row in rows if row.id in unsure}
        hints = {key: row.labels for key, row in doubtful.items()}
        return Snapshot(at, began, number, containers, unsure, unread=unread, hints=hints, rows=doubtful)

    def _is_doubtful(self, row: Listed, began: float) -> bool:
        return row.id not in self._known or self._failed.get(row.id, -1.0) >= began

    def _merged(self, row: Listed, began: float) -> Container:
        """The list knows the state better than an older look; a newer look knows better than the list."""
        known = self._known[row.id]
        if known.at >= began or known.container.state is row.state:
            return known.container
        # What a health check found before the change says nothing of the time after it.
        return replace(known.container, state=row.state, health="")

    def statistics(self) -> Mapping[str, int]:
        """How many are known, and how many looks failed."""
        return {"known": len(self._known), "doubtful": len(self._failed)}
