"""What a task uses altogether: its main and the sidecars that live for it.

Only the adding up is here. A sum of which a part is not known is not known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from reactor.core.container import ContainerId
from reactor.core.lasting import sample_of
from reactor.core.protection import Standing
from reactor.core.state import Entry, State
from reactor.core.topology import Tasks, living_by_task, mains_of

Sums = tuple[int | None, int | None]
"""PIDs and memory."""
Members = Mapping[ContainerId, list[Entry]]


class Groups:
    """The tasks of one moment. Walking through all the living once is enough for all of them."""

    def __init__(self, state: State, at: float) -> None:
        self._state = state
        self._at = at
        self._found: tuple[Tasks, Members] | None = None

    def _known(self) -> tuple[Tasks, Members]:
        """The tasks, and the sidecars of each main: looked for when somebody asks, and mostly nobody does."""
        if self._found is None:
            tasks, members = living_by_task(self._state), defaultdict[ContainerId, list[Entry]](list)
            for entry in self._state.living():
                if entry.is_sidecar:
                    for main in mains_of(self._state, entry, tasks=tasks):
                        members[main.run.id].append(entry)
            self._found = tasks, members
        return self._found

    def sums(self, entry: Entry, fresh: float) -> Sums:
        """What the task of this run uses. One that lives for several mains is of no one task."""
        samples = [self._sample(each, fresh) for each in self._task(entry)]
        if not samples:
            return None, None
        return _sum(pids for pids, _ in samples), _sum(memory for _, memory in samples)

    def oldest(self, entry: Entry) -> float | None:
        """The moment of the oldest of the samples that are added up."""
        samples = (sample_of(self._state, each) for each in self._task(entry))
        moments = [sample.at for sample in samples if sample is not None]
        return min(moments, default=None)

    def _task(self, entry: Entry) -> list[Entry]:
        main = self._main(entry)
        return [] if main is None else [main, *self._everybody(main)]

    def _main(self, entry: Entry) -> Entry | None:
        """The main at the head of a chain of sidecars; None where it is not one and only one."""
        seen = {entry.run.id}
        while entry.is_sidecar and entry.standing is not Standing.MAIN:
            mains = {each.run.id: each for each in mains_of(self._state, entry, tasks=self._known()[0])}
            if len(mains) != 1 or not seen.isdisjoint(mains):
                return None
            (entry,) = mains.values()
            seen.add(entry.run.id)
        return entry

    def _everybody(self, main: Entry) -> Iterable[Entry]:
        """The sidecars of a main, and the sidecars of these."""
        found: dict[ContainerId, Entry] = {}
        waiting, members = [main], self._known()[1]
        while waiting:
            for each in members.get(waiting.pop().run.id, ()):
                if each.run.id not in found and each.run.id != main.run.id:
                    found[each.run.id] = each
                    waiting.append(each)
        return found.values()

    def _sample(self, entry: Entry, fresh: float) -> Sums:
        sample = sample_of(self._state, entry)
        if entry.unsure or sample is None or sample.run != entry.run or self._at - sample.at > fresh:
            return None, None
        return sample.pids, sample.memory


def _sum(values: Iterable[int | None]) -> int | None:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
