"""The truth about a world: everything that was asked of it and everything that changed, with times.

Tests count missed, doubled, wrong and late from here, never from what the monitor says of itself.
"""

from collections.abc import Container as Within
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reactor.core.container import ContainerId, Run


class What(StrEnum):
    """What happened."""

    CREATED = "created"
    STARTED = "started"
    DIED = "died"
    OOM = "oom"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    RENAMED = "renamed"
    UPDATED = "updated"
    REMOVED = "removed"
    KILL = "kill"  # somebody asked for it, with whatever result
    STOP = "stop"  # somebody asked for it, with whatever result
    RESTART = "restart"  # somebody asked for it, with whatever result
    DOWN = "engine-down"
    UP = "engine-up"


ASKED = frozenset({What.KILL, What.STOP, What.RESTART})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. ``by`` is who did it: ``task``, ``oom``, ``policy``, ``engine`` or a caller.

    ``status`` is the HTTP status of what was asked; ``effective`` that it reached a run that
    was alive and not already dying. ``code`` is the exit code of a death.
    """

    at: float
    what: What
    run: Run
    name: str
    by: str
    status: int = 0
    effective: bool = False
    code: int | None = None


NOBODY = Run(ContainerId(""), "")


class History:
    """An append-only list of entries, with the questions that tests ask."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Write one entry."""
        self._entries.append(entry)

    def of(self, container: ContainerId, *whats: What) -> list[Entry]:
        """What happened to one container; only certain things if they are named."""
        return [e for e in self._entries if e.run.id == container and (not whats or e.what in whats)]

    def asked(self, by: str = "") -> list[Entry]:
        """Every kill, stop and restart that was asked for, by one caller if it is named."""
        return [e for e in self._entries if e.what in ASKED and (not by or e.by == by)]

    def effective(self, by: str = "") -> list[Entry]:
        """Every kill, stop and restart that reached a living run."""
        return [e for e in self.asked(by) if e.effective]

    def repeated(self, by: str = "") -> list[Entry]:
        """Kills and stops that came to nothing, because the run was over or dying: harmless, counted."""
        return [e for e in self.asked(by) if not e.effective]

    def deaths(self, by: str = "") -> list[Entry]:
        """Every run's end, by one cause if it is named."""
        return [e for e in self._entries if e.what is What.DIED and (not by or e.by == by)]

    def doubled(self, by: str = "") -> list[Entry]:
        """Effective actions on a container after the first one: on the same run, or on a later one."""
        seen: set[ContainerId] = set()
        doubled = []
        for entry in self.effective(by):
            if entry.run.id in seen:
                doubled.append(entry)
            seen.add(entry.run.id)
        return doubled

    def wrong(self, allowed: Within[object], by: str = "") -> list[Entry]:
        """Effective actions on what is not among the allowed runs or containers."""
        return [e for e in self.effective(by) if e.run not in allowed and e.run.id not in allowed]

    def died_at(self, container: ContainerId) -> float | None:
        """When the container's last run ended, if it ended."""
        deaths = self.of(container, What.DIED)
        return deaths[-1].at if deaths else None
