"""Where paths lie in their file systems: one folder can be reached by several paths, by mounts of mounts.

Only the kernel's table is read here. It is that of our own mount namespace: what an engine on another host,
or in another namespace, has mounted is not in it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOUNTS = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a file system, by its device and the path in it."""

    device: str
    path: PurePosixPath

    def touches(self, other: "Spot") -> bool:
        """Whether one is the other, or above it."""
        one, two = self.path, other.path
        return self.device == other.device and (one.is_relative_to(two) or two.is_relative_to(one))


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the table; ``kind`` is the file system's, such as ext4."""

    point: PurePosixPath
    spot: Spot
    kind: str = ""


class Mounts:
    """The table as it was read once."""

    def __init__(self, mounts: tuple[Mount, ...]) -> None:
        self._mounts = mounts

    @classmethod
    def read(cls, table: Path = MOUNTS) -> "Mounts":
        """Read it now. Raises OSError."""
        return cls(tuple(_mounts(table.read_text(errors="surrogateescape"))))

    def spot(self, path: str) -> Spot | None:
        """Where this path lies, all its links followed; None if no mount has it."""
        real = PurePosixPath(os.path.realpath(path))
        found = self._mount(real)
        if found is None:
            return None
        return Spot(found.spot.device, found.spot.path / real.relative_to(found.point))

    def kind(self, path: Path) -> str:
        """The kind of the file system that this path lies on; empty if no mount has it."""
        found = self._mount(PurePosixPath(os.path.realpath(path)))
        return found.kind if found is not None else ""

    def _mount(self, real: PurePosixPath) -> Mount | None:
        found: Mount | None = None
        for mount in self._mounts:
            # What is mounted last lies on top.
            deeper = found is None or len(mount.point.parts) >= len(found.point.parts)
            if deeper and real.is_relative_to(mount.point):
                found = mount
        return found

    def below(self, path: Path) -> tuple[str, ...]:
        """The mount points at or below this path."""
        return tuple(str(mount.point) for mount in self._mounts if mount.point.is_relative_to(path))


def _mounts(text: str) -> Iterator[Mount]:
    for line in text.splitlines():
        head, _, more = line.partition(" - ")
        fields = head.split(" ")
        if len(fields) > 4:
            device, inside, point = fields[2], _said(fields[3]), _said(fields[4])
            spot = Spot(device, PurePosixPath(inside))
            yield Mount(PurePosixPath(point), spot, more.partition(" ")[0])


def _said(field: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), field)
