"""What was written once and is only pointed to after that: runs, and containers as they were looked at.

A list of a hundred containers comes every ten seconds and is nearly always the same; and the
core asks whether a look is *the very same* that it knows, so that a replay needs one object
where the monitor had one. Both sides keep the same books: whoever packs numbers what it writes
for the first time, whoever unpacks counts along, and both forget by the same rule.
"""

from collections.abc import Set as AbstractSet

from reactor.core.container import Container, ContainerId, Run
from reactor.core.facts import Snapshot

LOOKS = 4
"""So many of the latest looks at a container are remembered."""
SLACK = 64
"""So many more than are listed may be remembered before those that are not are forgotten."""


def listed(snapshot: Snapshot) -> AbstractSet[ContainerId]:
    """Everybody in a list."""
    return {container.run.id for container in snapshot.containers} | snapshot.unsure | snapshot.unread


class Books:
    """Both sides' books: by container, what is remembered of it, under numbers that only go up."""

    def __init__(self) -> None:
        self._run: dict[ContainerId, tuple[Run, int]] = {}
        self._looks: dict[ContainerId, tuple[tuple[Container, int], ...]] = {}
        self._runs: dict[int, Run] = {}
        self._containers: dict[int, Container] = {}
        self._next = 0

    def clear(self) -> None:
        """Begin anew, as if nothing had been written."""
        self._run.clear()
        self._looks.clear()
        self._runs.clear()
        self._containers.clear()
        self._next = 0

    def number_of_run(self, run: Run) -> int | None:
        """Its number, or None if it has to be written out."""
        known = self._run.get(run.id)
        return known[1] if known is not None and known[0] == run else None

    def number_of_look(self, container: Container) -> int | None:
        """The number of this very look, or None if it has to be written out."""
        for look, number in self._looks.get(container.run.id, ()):
            if look is container:
                return number
        return None

    def run(self, number: int) -> Run | None:
        """The run with this number."""
        return self._runs.get(number)

    def look(self, number: int) -> Container | None:
        """The look with this number."""
        return self._containers.get(number)

    def add_run(self, run: Run) -> None:
        """A run was written out; the one before it, of the same container, is forgotten."""
        former = self._run.get(run.id)
        if former is not None:
            del self._runs[former[1]]
        self._next += 1
        self._run[run.id] = (run, self._next)
        self._runs[self._next] = run

    def add_look(self, container: Container) -> None:
        """A look was written out; the oldest one is forgotten."""
        self._next += 1
        looks = (*self._looks.get(container.run.id, ()), (container, self._next))
        for _, number in looks[:-LOOKS]:
            del self._containers[number]
        self._looks[container.run.id] = looks[-LOOKS:]
        self._containers[self._next] = container

    def went_by(self, record: object) -> None:
        """A whole record was written or read; after a list, those who are gone can be forgotten."""
        if not isinstance(record, Snapshot):
            return
        size = len(record.containers) + len(record.unsure) + len(record.unread)
        if max(len(self._run), len(self._looks)) > 2 * size + SLACK:
            self._forget_all_but(listed(record))

    def _forget_all_but(self, ids: AbstractSet[ContainerId]) -> None:
        for key in [key for key in self._run if key not in ids]:
            del self._runs[self._run.pop(key)[1]]
        for key in [key for key in self._looks if key not in ids]:
            for _, number in self._looks.pop(key):
                del self._containers[number]
