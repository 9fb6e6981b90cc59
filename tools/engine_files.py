"""Finds the programs of a Docker engine, or unpacks Debian's packages of them into the checkout's `.engine/`.

Belongs here: which programs are used, and how they get onto this machine. Nothing is installed system-wide:
the packages are downloaded and unpacked, no maintainer script runs and no unit is enabled, so no system
engine starts. Does not belong here: starting an engine (engine_life.py), speaking to one (engine_api.py).
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = CHECKOUT / ".engine"
UNPACKED: Final = CACHE / "root"
ENGINE_PROGRAMS: Final = ("dockerd", "containerd", "containerd-shim-runc-v2", "runc")
_NAME_ONE: Final = "REACTOR_TEST_DOCKER_HOST=unix:///path/docker.sock make test"
_PROGRAM_FOLDERS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")


class EngineMissingError(Exception):
    """The programs of an engine are not here and cannot be fetched; the message names them and the remedy."""


@dataclass(frozen=True, slots=True)
class EngineFiles:
    """The programs that a private engine consists of, and the environment in which they find each other."""

    dockerd: Path
    busybox: Path
    environment: dict[str, str]


def say(line: str) -> None:
    """Write one progress line for the person who waits."""
    print(f"engine: {line}", file=sys.stderr, flush=True)


@contextmanager
def cache_locked(what: str) -> Iterator[None]:
    """Hold one part of the cache for one process at a time: two test runs may need it at the same moment."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def engine_files() -> EngineFiles:
    """Return a complete set of programs, fetching what is missing; the first call may take some seconds."""
    if os.geteuid() != 0:
        raise EngineMissingError(
            "a private Docker engine needs root, and this is not root.\n"
            "  Either run the command as root,\n"
            f"  or name an engine that is meant for tests: {_NAME_ONE},\n"
            "  or run only what needs no engine: make test-unit"
        )
    with cache_locked("root"):
        if not _complete():
            _fetch((*_packages_of_the_engine(), "busybox-static"))
    dockerd = _find("dockerd")
    if dockerd is None or not _complete():
        raise EngineMissingError(f"the packages were unpacked into {UNPACKED}, but they lack: {_missing()}")
    return EngineFiles(dockerd=dockerd, busybox=busybox_file(), environment=_environment())


def busybox_file() -> Path:
    """Return a statically linked busybox, the only content of the test image."""
    found = _static_busybox()
    if found is None:
        with cache_locked("root"):
            _fetch(("busybox-static",))
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


def _fetch(packages: Sequence[str]) -> None:
    """Download the packages with all that they need and this system lacks, and unpack them into the cache."""
    _require_debian(packages)
    say(f"getting {', '.join(packages)} into {CACHE.name}/ (once; about 70 MB for a whole engine) ...")
    archives = CACHE / "debs"
    shutil.rmtree(archives, ignore_errors=True)
    (archives / "partial").mkdir(parents=True)
    _download(packages, archives)
    fresh = CACHE / "root.new"
    shutil.rmtree(fresh, ignore_errors=True)
    if UNPACKED.is_dir():
        UNPACKED.rename(fresh)
    for archive in sorted(archives.glob("*.deb")):
        _run(("dpkg-deb", "--extract", str(archive), str(fresh)))
    _wrap_apparmor_parser(fresh)
    # The folder gets its name only when it is complete: an interrupted preparation is begun anew, not used.
    fresh.rename(UNPACKED)
    shutil.rmtree(archives)
    say("unpacked")


def _wrap_apparmor_parser(root: Path) -> None:
    """Put a script before an unpacked parser that tells it to do without a configuration in /etc."""
    if not (root / "sbin/apparmor_parser").is_file():
        return
    # Without it the parser warns, and dockerd takes the warning for the version that it asked for.
    script = root / "usr/sbin/apparmor_parser"
    script.write_text(
        '#!/bin/sh\nexec "$(dirname "$0")/../../sbin/apparmor_parser" --config-file=/dev/null "$@"\n'
    )
    script.chmod(0o755)


def _require_debian(packages: Sequence[str]) -> None:
    tools_missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if os.geteuid() == 0 and not tools_missing:
        return
    why = f"{' and '.join(tools_missing)} not found: not Debian" if tools_missing else "not root"
    raise EngineMissingError(
        f"missing on this machine: {', '.join(_missing())}; they cannot be fetched here ({why}).\n"
        f"  On Debian: apt-get install {' '.join(packages)};\n"
        "  elsewhere install a Docker engine (dockerd, containerd, runc) and a static busybox,\n"
        f"  or name an engine that is meant for tests: {_NAME_ONE}"
    )


def _download(packages: Sequence[str], archives: Path) -> None:
    """Try with the package lists as they are; only if that fails are the lists brought up to date first."""
    command = (
        "apt-get", "install", "--yes", "--quiet", "--download-only", "--no-install-recommends",
        "-o", f"Dir::Cache::archives={archives}", "-o", "APT::Sandbox::User=root", *packages,
    )  # fmt: skip
    if _runs(command):
        return
    say("bringing the package lists up to date (apt-get update) ...")
    _run(("apt-get", "update", "--quiet"))
    _run(command)


def _runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-8:])
        raise EngineMissingError(f"`{' '.join(command)}` failed with {done.returncode}:\n  {last}")
