"""Finds the programs of a Docker engine, or unpacks Debian's packages of them into the checkout's `.engine/`.

Belongs here: which programs are used, and how they get onto this machine. Nothing is installed system-wide:
the packages are downloaded and unpacked, no maintainer script runs and no unit is enabled, so no system
engine starts. Does not belong here: starting an engine (engine_life.py), speaking to one (engine_api.py).
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine_packages import NAME_ONE, EngineMissingError, fetch

CHECKOUT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = CHECKOUT / ".engine"
UNPACKED: Final = CACHE / "root"
ENGINE_PROGRAMS: Final = ("dockerd", "containerd", "containerd-shim-runc-v2", "runc")
_PROGRAM_FOLDERS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")


@dataclass(frozen=True, slots=True)
class EngineFiles:
    """The programs that a private engine consists of, and the environment in which they find each other."""

    dockerd: Path
    busybox: Path
    environment: dict[str, str]


@contextmanager
def cache_locked(what: str, cache: Path = CACHE) -> Iterator[None]:
    """Hold one part of a cache for one process at a time: two test runs may need it at the same moment."""
    cache.mkdir(exist_ok=True)
    with (cache / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def engine_files() -> EngineFiles:
    """Return a complete set of programs, fetching what is missing; the first call may take some seconds."""
    if os.geteuid() != 0:
        raise EngineMissingError(
            "a private Docker engine needs root, and this is not root.\n"
            "  Either run the command as root,\n"
            f"  or name an engine that is meant for tests: {NAME_ONE},\n"
            "  or run only what needs no engine: make test-unit"
        )
    with cache_locked("root"):
        if not _complete():
            fetch((*_packages_of_the_engine(), "busybox-static"), _missing(), CACHE)
    dockerd = _find("dockerd")
    if dockerd is None or not _complete():
        raise EngineMissingError(f"the packages were unpacked into {UNPACKED}, but they lack: {_missing()}")
    return EngineFiles(dockerd=dockerd, busybox=busybox_file(), environment=_environment())


def busybox_file() -> Path:
    """Return a statically linked busybox, the only content of the test image."""
    found = _static_busybox()
    if found is None:
        with cache_locked("root"):
            fetch(("busybox-static",), ["a static busybox"], CACHE)
        found = _static_busybox()
    if found is None:
        raise EngineMissingError(
            f"the package busybox-static was unpacked into {UNPACKED}, but holds no static busybox"
        )
    return found


def _complete() -> bool:
    return not _missing()


def _missing() -> list[str]:
    """Name the programs that neither the system nor the cache has."""
    missing = [program for program in ENGINE_PROGRAMS if _find(program) is None]
    return missing if _static_busybox() else [*missing, "a static busybox"]


def _search_path() -> str:
    """The system comes first, so that somebody's own newer engine is used where there is one."""
    own = [str(UNPACKED / folder) for folder in _PROGRAM_FOLDERS]
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *own])


def _find(program: str) -> Path | None:
    found = shutil.which(program, path=_search_path())
    return Path(found) if found else None


def _static_busybox() -> Path | None:
    candidates = (UNPACKED / "bin/busybox", UNPACKED / "usr/bin/busybox", Path("/bin/busybox"))
    return next((path for path in candidates if path.is_file() and _is_static(path)), None)


def _is_static(program: Path) -> bool:
    # A dynamically linked program names its loader near the start of the file; in an image of one file it
    # could not run, and Debian's package `busybox` is such a one.
    return b"/ld-linux" not in program.read_bytes()[:4096]


def _environment() -> dict[str, str]:
    """Describe an environment for the engine: ours without anything that configures a Docker client."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    libraries = [
        str(path) for base in ("usr/lib", "lib") for path in sorted((UNPACKED / base).glob("*-linux-gnu*"))
    ]
    inherited = [path for path in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep) if path]
    environment["PATH"] = _search_path()
    if libraries:
        environment["LD_LIBRARY_PATH"] = os.pathsep.join([*inherited, *libraries])
    return environment


def _packages_of_the_engine() -> tuple[str, ...]:
    """An engine on a kernel that enforces AppArmor starts no container without the parser of its profiles."""
    enabled = Path("/sys/module/apparmor/parameters/enabled")
    if enabled.is_file() and enabled.read_text().startswith("Y") and _find("apparmor_parser") is None:
        return ("docker.io", "apparmor")
    return ("docker.io",)
