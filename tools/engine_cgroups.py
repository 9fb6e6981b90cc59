"""The cgroups of one private engine, in every hierarchy of this host, v1 and v2.

Belongs here: where they are, holding what runs in them, removing them. They are known by the name of the
engine's folder, which is also the name of their parent: as it is where the engine makes cgroups itself, as a
slice where it has systemd make them. Does not belong here: the engine's processes, mounts and files
(engine_traces.py).
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

DRIVER: Final = os.environ.get("REACTOR_TEST_CGROUP_DRIVER", "cgroupfs")
"""Who makes the cgroups of private engines: `cgroupfs`, they themselves, or `systemd`."""
_PODMANS: Final = "libpod_parent"


def parent_option(folder: Path) -> str:
    """The parent of all containers of this engine, as its option wants it."""
    return f"{folder.name}.slice" if DRIVER == "systemd" else f"/{folder.name}"


def container_cgroup(folder: Path, container_id: str, controller: str) -> Path:
    """Where a container's cgroup is in the hierarchy of this controller (v2: one for all)."""
    roots = cgroup_roots()
    root = roots[controller] if controller in roots else roots["unified"]
    name = f"docker-{container_id}.scope" if DRIVER == "systemd" else container_id
    return root / _parent(folder) / name


def _parent(folder: Path) -> Path:
    """Where that parent is in each hierarchy: to systemd, each dash in a slice's name is one slice more."""
    if DRIVER != "systemd":
        return Path(folder.name)
    parts = folder.name.split("-")
    return Path(*(f"{'-'.join(parts[:count])}.slice" for count in range(1, len(parts) + 1)))


def podman_cgroup(container_id: str, controller: str) -> Path:
    """Where a container of a private podman is in the hierarchy of this controller (v2: one for all)."""
    roots = cgroup_roots()
    root = roots[controller] if controller in roots else roots["unified"]
    return root / _PODMANS / f"libpod-{container_id}"


def _homes(folder: Path) -> list[Path]:
    """Where an engine's containers are below each hierarchy: in one place of its name, or in one each.

    Podman has no option for a parent of them all, so its containers are known by what it keeps of each.
    """
    kept = (folder / "data/overlay-containers").glob("?" * 64)
    return [_parent(folder), *(Path(_PODMANS, f"libpod-{path.name}") for path in kept)]


def cgroups(folder: Path) -> list[Path]:
    """List the cgroup directories of the engine in every hierarchy, leaves first."""
    homes = _homes(folder)
    parents = [root / home for root in cgroup_roots().values() for home in homes]
    found = {path for parent in parents if parent.is_dir() for path in (parent, *_folders_below(parent))}
    return sorted(found, key=lambda path: len(path.parts), reverse=True)


def cgroup_roots() -> dict[str, Path]:
    """Map each cgroup controller to where it is mounted; the unified hierarchy (v2) is `unified`."""
    roots: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, file_system = line.partition(" - ")
        point, (kind, _source, options) = Path(mount.split()[4]), file_system.split()[:3]
        if kind == "cgroup2":
            roots.setdefault("unified", point)
        elif kind == "cgroup":
            roots.update({option: point for option in options.split(",") if option not in {"rw", "ro"}})
    return roots


def is_contained(pid: int, folder: Path) -> bool:
    """Say whether a process runs in one of the engine's containers."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        names = {home.name for home in _homes(folder)}
        return any(names.intersection(line.split(":", 2)[2].split("/")) for line in lines)
    return False


def freeze(folder: Path) -> None:
    """Hold all that runs in the engine's containers, so that it cannot fork."""
    homes = _homes(folder)
    for root in set(cgroup_roots().values()):
        for home in homes:
            _write(root / home / "freezer.state", "FROZEN")
            _write(root / home / "cgroup.freeze", "1")


def thaw(folder: Path) -> None:
    """Let all of it go on, what was paused before included."""
    for path in cgroups(folder):
        _write(path / "freezer.state", "THAWED")
        _write(path / "cgroup.freeze", "0")


def _write(path: Path, value: str) -> None:
    # Only one of the two hierarchies has each of these files, and a cgroup may vanish at any moment.
    if path.exists():
        with suppress(OSError):
            path.write_text(value)


def remove_podmans() -> None:
    """Remove what the last podman on this host leaves, where no container and no conmon is in it any more."""
    for root in set(cgroup_roots().values()):
        remove_cgroup(root / _PODMANS / "conmon")
        remove_cgroup(root / _PODMANS)


def remove_cgroup(path: Path) -> None:
    """Remove one cgroup directory, if the kernel allows it yet."""
    with suppress(OSError):
        path.rmdir()


def _folders_below(parent: Path) -> list[Path]:
    # A walk does not mind a directory that vanishes under it.
    return [Path(root) / name for root, names, _files in os.walk(parent) for name in names]
