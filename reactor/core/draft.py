"""A state in the making, inside one step.

Only keeping what changed belongs here; who changes what is in ``adopting`` and its neighbours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from reactor.core.container import ContainerId
from reactor.core.notes import Note
from reactor.core.protection import Standing
from reactor.core.state import Entry, State


@dataclass(slots=True)
class Draft:
    """A state in the making: changed entries by id, and the notes so far. It does not outlive a step.

    ``replaced`` are the entries of runs that are over and in whose place another has begun. ``quiet`` are
    entries as a judgement left them: nobody has to look at these again before their time.
    """

    state: State
    changed: dict[ContainerId, Entry] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    replaced: list[Entry] = field(default_factory=list)
    quiet: dict[ContainerId, Entry] = field(default_factory=dict)

    def entry(self, key: ContainerId) -> Entry | None:
        """The entry as it stands now."""
        return self.changed.get(key) or self.state.entries.get(key)

    def now(self, entry: Entry) -> Entry:
        """An entry of the state as it stands now."""
        return self.changed.get(entry.run.id, entry)

    def living(self) -> Iterator[Entry]:
        """The entries of runs under way, as they stand now."""
        now, entries = self.changed, self.state.entries.values()
        each = (now.get(old.run.id, old) for old in entries) if now else entries
        return (entry for entry in each if entry.alive)

    def standing(self, key: ContainerId) -> Standing | None:
        """Where a container stands; what has left the engine stands nowhere."""
        entry = self.entry(key)
        return entry.standing if entry is not None else None

    def finish(self) -> State:
        """The state with all changes in it."""
        moved = any(self._moved(key, entry) for key, entry in self.changed.items())
        quiet = [key for key, entry in self.quiet.items() if self.changed.get(key) is entry]
        entries = self.state.entries.put_all(self.changed, frozenset(quiet))
        return replace(self.state, entries=entries, roster=self.state.roster + moved)

    def _moved(self, key: ContainerId, entry: Entry) -> bool:
        old = self.state.entries.get(key)
        if old is None:
            return entry.alive
        return (old.run, old.alive, old.rules) != (entry.run, entry.alive, entry.rules)
