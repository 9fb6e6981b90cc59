"""What is held of one run: the directory of its cgroup and its first process, both proved to be its own.

A path means the next run as well, and so does a number of a process after a while: only what is open belongs
to one run. What is done by it is in ``striking``, who is held in ``keeping``.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reactor.cgroups.finding import PROC, Home, Place, find
from reactor.cgroups.mounts import UNIFIED, Trees
from reactor.core.container import Container, Run

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Handle:
    """Descriptors, -1 for none. ``unified`` is the directory in the tree of version 2, ``freezer`` that of
    version 1, ``init`` the first process: while it lives the run is the one that was found. ``ends_all``
    tells that it is the first of a process namespace that is the run's alone, all of which ends with it.

    ``restarts`` tells that the engine would begin another run after an end that it did not order;
    ``shared_ice`` that it freezes by ``unified`` itself, so that what is frozen there may be its doing.
    """

    run: Run
    unified: int = -1
    freezer: int = -1
    init: int = -1
    ends_all: bool = False
    restarts: bool = False
    shared_ice: bool = False

    def close(self) -> None:
        """Let go of everything."""
        for descriptor in (self.unified, self.freezer, self.init):
            if descriptor >= 0:
                os.close(descriptor)

    @property
    def count(self) -> int:
        """How many descriptors it has."""
        return sum(each >= 0 for each in (self.unified, self.freezer, self.init))


def open_handle(trees: Trees, container: Container, proc: Path = PROC) -> Handle | str:
    """Hold on to a run as the engine just told of it, or say why that cannot be.

    It is that run's only if the engine, asked *afterwards*, still names it as the present one.
    """
    if container.pid <= 0:
        return "the engine names no process of it"
    home = find(trees, container.run, container.pid, proc=proc)
    if not isinstance(home, Home):
        return home.why
    if home.by != "pid":
        return f"process {container.pid} cannot be seen from here"
    version_one = home.places.get("freezer")
    unified = home.places.get(UNIFIED)
    init = _open_init(container, proc)
    return Handle(
        container.run,
        unified=_open_folder(unified),
        freezer=_open_folder(version_one) if version_one is not None and version_one.version == 1 else -1,
        init=init,
        ends_all=init >= 0 and container.own_pids and is_first_of(container, proc),
        restarts=bool(container.restart_policy),
        shared_ice=version_one is None or version_one.version != 1,
    )


def _open_folder(place: Place | None) -> int:
    """The directory that was found; -1 if it is not there any more, or another one has its name."""
    if place is None:
        return -1
    try:
        found = os.open(place.path, _FOLDER)
    except OSError:
        return -1
    seen = os.fstat(found)
    if (seen.st_dev, seen.st_ino) == place.identity:
        return found
    os.close(found)
    return -1


def _open_init(container: Container, proc: Path) -> int:
    """The process that the engine named, if it is one of this container, seen while held."""
    try:
        found = os.pidfd_open(container.pid)
    except OSError:
        return -1
    if is_one_of(container, proc):
        return found
    os.close(found)
    return -1


def is_one_of(container: Container, proc: Path) -> bool:
    """Whether the process of that number is the container's now."""
    with suppress(OSError):
        return container.id in _read(proc / str(container.pid) / "cgroup")
    return False


def is_first_of(container: Container, proc: Path) -> bool:
    """Whether it is the first one in its namespace, too."""
    with suppress(OSError):
        lines = _read(proc / str(container.pid) / "status").splitlines()
        numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])
        # In our own namespace alone it has one number, and is nobody's first process.
        return len(numbers) > 1 and numbers[-1] == "1" and is_one_of(container, proc)
    return False


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LONGEST)
