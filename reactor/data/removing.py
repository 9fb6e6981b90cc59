"""Removing folders: set aside, asked about once more, and only then thrown away.

Between the look that chose them and the removal a container may have been made that binds one of them, or
its task may have begun anew. So they are first moved out of sight, while the root is ours alone, and the
engine is asked again: whose folder is in use by then gets it back as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reactor.data.choosing import Held, user_of
from reactor.data.emptying import Emptied, empty
from reactor.data.errors import DataRefused
from reactor.data.leaving import put_back, recover, set_aside, throw_away
from reactor.data.listing import Entry
from reactor.data.markers import read_marker, unmark
from reactor.data.mounts import Mounts
from reactor.data.root import LEAVING, OWN, TASKS, Root


@dataclass(slots=True)
class Report:
    """What went, what stayed after all and why, and what went wrong."""

    removed: list[Entry] = field(default_factory=list)
    spared: list[tuple[Entry, str]] = field(default_factory=list)
    emptied: Emptied = field(default_factory=Emptied)


def remove(
    root: Root,
    chosen: Sequence[Entry],
    ask_again: Callable[[], Held],
    tell: Callable[[Emptied], None] = lambda _: None,
) -> Report:
    """Remove these, which were chosen by ``stays``. What ``ask_again`` raises is raised, and nothing went."""
    report = Report()
    with root.locked():
        recover(root)
        try:
            away = [entry for entry in chosen if _set_aside(root, entry, report)]
            held, mounts = ask_again() if away else Held(), Mounts.read()
        except BaseException:
            recover(root)
            raise
        for entry in away:
            _decide(root, entry, _held_by(root, entry, held, mounts), report)
    report.emptied = empty(root, tell)
    return report


def _set_aside(root: Root, entry: Entry, report: Report) -> bool:
    marker = read_marker(root, entry.name) if entry.top == TASKS else None
    if (marker.wanted if marker is not None else None) != entry.wanted or entry.which is None:
        report.spared.append((entry, "it was wanted again meanwhile"))
        return False
    try:
        set_aside(root, entry.top, entry.name, entry.which)
    except DataRefused as error:
        report.spared.append((entry, str(error)))
        return False
    return True


def _held_by(root: Root, entry: Entry, held: Held, mounts: Mounts) -> str:
    """Why it is put back, empty if it is not."""
    if who := user_of(root, entry, held, mounts):
        return f"in use by {who}, since a moment ago"
    # A mount moves with the folder that it is in.
    inside = mounts.below(root.real / OWN / LEAVING / entry.top / entry.name)
    return f"{len(inside)} of the folders in it have something mounted on them" if inside else ""


def _decide(root: Root, entry: Entry, why: str, report: Report) -> None:
    try:
        if why:
            put_back(root, entry.top, entry.name)
            report.spared.append((entry, why))
            return
        throw_away(root, entry.top, entry.name)
    except DataRefused as error:
        report.spared.append((entry, str(error)))
        return
    if entry.top == TASKS:
        unmark(root, entry.name)
    report.removed.append(entry)
