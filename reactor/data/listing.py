"""What lies below a root: whose it is, how large, and when it was changed and wanted last."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from reactor.data.handles import READ, Identity, identity
from reactor.data.leaving import TOPS
from reactor.data.markers import Marker, read_marker
from reactor.data.root import SHARED, TASKS, Root
from reactor.data.walking import Bounds, Measured, measure

GLANCE = Bounds(entries=200_000, seconds=2.0)
"""For each folder, where nothing depends on it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One folder. ``task`` is None where it is shared, or nobody can tell whose it is.

    ``size`` is in bytes and ``changed`` a moment; ``cut`` tells why they are only the least that they may
    be, and is empty if they are not. ``made`` and ``wanted`` are by the marker, None without. ``which`` is
    None for what is no folder at all.
    """

    top: str
    name: str
    path: str
    task: str | None = None
    size: int = 0
    changed: float = 0.0
    cut: str = ""
    made: float | None = None
    wanted: float | None = None
    which: Identity | None = None

    @property
    def shared(self) -> bool:
        """Whether it is not one task's own."""
        return self.top == SHARED


def names(root: Root) -> tuple[tuple[str, str], ...]:
    """What is there: ``tasks`` or ``shared``, and the name."""
    return tuple(_names(root))


def _names(root: Root) -> Iterator[tuple[str, str]]:
    for top in TOPS:
        with suppress(FileNotFoundError), root.folder(top, flags=READ, make=False) as place:
            yield from ((top, name) for name in sorted(os.listdir(place)))


def listed(
    root: Root, bounds: Bounds = GLANCE, tell: Callable[[str, Measured], None] = lambda _name, _found: None
) -> tuple[Entry, ...]:
    """Everything below the root; each folder is looked through within the bounds."""
    return tuple(look(root, top, name, bounds, tell) for top, name in names(root))


def look(
    root: Root,
    top: str,
    name: str,
    bounds: Bounds = GLANCE,
    tell: Callable[[str, Measured], None] = lambda _name, _found: None,
) -> Entry:
    """One of them."""
    marker = read_marker(root, name) if top == TASKS else None
    found, which = Measured(), None
    try:
        with root.folder(top, make=False) as place:
            inner = os.open(name, READ, dir_fd=place)
    except NotADirectoryError:
        found.cut = "it is no folder"
    except OSError as error:
        found.cut = f"it cannot be entered: {error.strerror}"
    else:
        try:
            which = identity(inner)
            found = measure(inner, bounds, lambda so_far: tell(name, so_far))
        finally:
            os.close(inner)
    return _entry(root, top, name, marker, found, which)


def _entry(
    root: Root, top: str, name: str, marker: Marker | None, found: Measured, which: Identity | None
) -> Entry:
    path = f"{root.path}/{top}/{name}"
    known = Entry(top, name, path, size=found.size, changed=found.newest, cut=found.cut, which=which)
    if marker is None:
        return known
    return Entry(
        top, name, path, marker.task, found.size, found.newest, found.cut, marker.made, marker.wanted, which
    )
