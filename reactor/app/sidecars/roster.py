"""Which containers belong to which task: kept, so that of ten thousand only those are looked at that changed.

Only the index is here. What the containers of a task come to is in ``core.provisions``.
"""

from collections.abc import Iterable

from reactor.core.container import ContainerId
from reactor.core.protection import Policy
from reactor.core.provisions import Task, task_from, task_of
from reactor.core.recipes import TEMPLATE_LABEL
from reactor.core.state import State


class Roster:
    """The containers of each task. While there is nothing to provide, only what was made here is in it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._of: dict[ContainerId, str] = {}
        self._tasks: dict[str, set[ContainerId]] = {}

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

    def take_all(self, state: State, *, only_made: bool) -> set[str]:
        """Look at all of them again; the tasks that there are, and those that were."""
        keys = {
            entry.run.id
            for entry in state.entries.values()
            if not only_made or TEMPLATE_LABEL in entry.container.labels
        }
        if only_made and keys:
            # With what was made belong the mains: whoever looks for these has to look at all.
            keys = {entry.run.id for entry in state.entries.values()}
        return self.take(state, keys | self._of.keys())

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
