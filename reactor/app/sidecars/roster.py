"""Which containers belong to which task: kept, so that of ten thousand only those are looked at that changed.

Only the index is here. What the containers of a task come to is in ``core.provisions``.
"""

from collections.abc import Iterable

from reactor.core.container import Container, ContainerId
from reactor.core.protection import Policy, Standing
from reactor.core.provisions import Task, task_from, task_of
from reactor.core.recipes import TEMPLATE_LABEL
from reactor.core.state import Entry, State

_Signs = tuple[Container, Standing, str, bool, float | None, float | None]


def _signs(entry: Entry) -> _Signs:
    """What is another one whenever planning could come to something else; readings are not among it."""
    gone, over = entry.gone_at, entry.ended_at
    return entry.container, entry.standing, entry.ending, entry.unsure, gone, over


def has_made(state: State) -> bool:
    """Whether anything is there that looks as if it was made here."""
    return any(TEMPLATE_LABEL in entry.container.labels for entry in state.entries.values())


class Roster:
    """The containers of each task."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._of: dict[ContainerId, str] = {}
        self._tasks: dict[str, set[ContainerId]] = {}
        self._signs: dict[ContainerId, _Signs] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def tasks(self) -> Iterable[str]:
        """All tasks that are known."""
        return tuple(self._tasks)

    def of(self, container: ContainerId) -> str:
        """The task of a container, empty if it has none here."""
        return self._of.get(container, "")

    def take(self, state: State, changed: Iterable[ContainerId]) -> set[str]:
        """Look at these again; the tasks that this is about."""
        touched: set[str] = set()
        for key in changed:
            entry = state.entries.get(key)
            now = task_of(self._policy, entry) if entry is not None else ""
            before = self._of.get(key, "")
            if now != before:
                self._move(key, before, now)
            touched |= {each for each in (before, now) if each}
        return touched

    def take_news(self, state: State) -> set[str]:
        """Look at those who are another than they were when they were last looked at, whoever that is."""
        seen = {entry.run.id: _signs(entry) for entry in state.entries.values()}
        known, self._signs = self._signs, seen
        return self.take(
            state, [key for key in seen.keys() | known.keys() if seen.get(key) != known.get(key)]
        )

    def clear(self) -> None:
        """Nobody is kept."""
        self._of, self._tasks, self._signs = {}, {}, {}

    def task(self, state: State, name: str) -> Task:
        """What is known of a task now."""
        found = (state.entries.get(key) for key in self._tasks.get(name, ()))
        return task_from(self._policy, name, [each for each in found if each is not None])

    def _move(self, key: ContainerId, before: str, now: str) -> None:
        if before:
            members = self._tasks[before]
            members.discard(key)
            if not members:
                del self._tasks[before]
        self._of.pop(key, None)
        if now:
            self._of[key] = now
            self._tasks.setdefault(now, set()).add(key)
