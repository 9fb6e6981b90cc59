"""Which folders may go, and why the others stay. What is not known for certain stays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reactor.core.recipes import plain_name
from reactor.data.listing import Entry
from reactor.data.mounts import Mounts
from reactor.data.root import SHARED, Root


@dataclass(frozen=True, slots=True)
class Held:
    """What an engine says of who uses what.

    ``paths`` are paths of the host by who has them bound, ``tasks`` the names of tasks' folders by who lives
    or is being made in that task, ``ended`` the names of tasks' folders by when the last of the task ended.
    """

    paths: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    ended: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked to be removed. Without names it is of all tasks, and of nothing that is shared."""

    older_than: float
    tasks: Collection[str] = ()
    shared: Collection[str] = ()

    @property
    def named(self) -> bool:
        """Whether single folders are meant."""
        return bool(self.tasks or self.shared)

    def means(self, top: str, name: str) -> bool:
        """Whether this folder is looked at, at all."""
        if top == SHARED:
            return name in self.shared
        return not self.named or name in {plain_name(task) for task in self.tasks}


def user_of(root: Root, entry: Entry, held: Held, mounts: Mounts) -> str:
    """Who has this folder in use, something in it, or one above it; empty for nobody."""
    if not entry.shared and entry.name in held.tasks:
        return held.tasks[entry.name]
    own = (Path(entry.path), root.real / entry.top / entry.name)
    spots = [spot for path in own if (spot := mounts.spot(str(path))) is not None]
    for source, who in held.paths.items():
        path = Path(source)
        if any(path.is_relative_to(each) or each.is_relative_to(path) for each in own):
            return who
        spot = mounts.spot(source)
        if spot is not None and any(spot.touches(each) for each in spots):
            return who
    return ""


def covers(root: Root, source: str, mounts: Mounts) -> bool:
    """Whether this path of the host is the root itself or above it, and so holds everything in it."""
    if any(each.is_relative_to(source) for each in (root.path, root.real)):
        return True
    above, own = mounts.spot(source), mounts.spot(str(root.real))
    return (
        above is not None and own is not None and above.touches(own) and own.path.is_relative_to(above.path)
    )


def stays(root: Root, entry: Entry, wanted: Wanted, held: Held, mounts: Mounts, now: float) -> str:
    """Why this folder stays, empty if it may go."""
    if entry.which is None:
        return entry.cut or "it is no folder"
    if entry.task is None and not wanted.named:
        return "nobody can tell whose it is: name it with --task"
    if not entry.shared and entry.task is not None and wanted.tasks and entry.task not in wanted.tasks:
        return "it belongs to another task, whose id leads to the same name"
    if who := user_of(root, entry, held, mounts):
        return f"in use by {who}"
    if inside := mounts.below(root.real / entry.top / entry.name):
        return f"{min(inside)} is mounted there"
    if entry.cut:
        return f"when it was changed last is not known: {entry.cut}"
    if now - last_of(entry, held) < wanted.older_than:
        return "it is not so old"
    return ""


def last_of(entry: Entry, held: Held) -> float:
    """When it was changed or wanted last, or when the last of its task ended."""
    ended = held.ended.get(entry.name, 0.0) if not entry.shared else 0.0
    return max(entry.changed, entry.wanted or 0.0, ended)
