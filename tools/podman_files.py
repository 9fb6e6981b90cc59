"""Finds the programs of podman, or unpacks Debian's packages of them into the checkout's `.engine/podman`.

Belongs here: which programs are used, how they get onto this machine, and the files that keep a private
podman to itself. Nothing is installed system-wide. Does not belong here: starting it (podman_life.py).
"""

import json
import os
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, busybox_file, cache_locked
from tools.engine_packages import EngineMissingError, fetch

PODMAN_PROGRAMS: Final = ("podman", "conmon", "runc")
_CACHE: Final = CACHE / "podman"
_UNPACKED: Final = _CACHE / "root"
_FOLDERS: Final = ("usr/sbin", "usr/bin", "sbin", "bin")
_SECCOMP: Final = "usr/share/containers/seccomp.json"
_MOST: Final = 20_000
"""Podman asks for a million files and processes per container, which is more than many a host may give."""


@dataclass(frozen=True, slots=True)
class PodmanFiles:
    """The programs that a private podman consists of, and the environment in which they find each other."""

    podman: Path
    conmon: Path
    runc: Path
    seccomp: Path
    busybox: Path
    environment: dict[str, str]


def podman_files() -> PodmanFiles:
    """Return a complete set of programs, fetching what is missing; the first call may take some seconds."""
    if os.geteuid() != 0:
        raise EngineMissingError(
            "a private podman needs root, and this is not root.\n"
            "  Either run the command as root, or leave out what needs it: make test ARGS='-m \"not podman\"'"
        )
    with cache_locked("podman"):
        if missing := _missing():
            _CACHE.mkdir(exist_ok=True)
            fetch(
                ("podman", "runc"),
                missing,
                _CACHE,
                "about 25 MB",
                "elsewhere install podman, conmon and runc",
            )
    found = [_find(program) for program in PODMAN_PROGRAMS]
    podman, conmon, runc = found
    if podman is None or conmon is None or runc is None:
        raise EngineMissingError(f"the packages were unpacked into {_UNPACKED}, but they lack: {_missing()}")
    return PodmanFiles(podman, conmon, runc, _seccomp(), busybox_file(), _environment())


def configure(files: PodmanFiles, folder: Path) -> dict[str, str]:
    """Write all files that podman would read elsewhere, and return the environment that names them."""
    home = folder / "home"
    (home / ".config/containers").mkdir(parents=True, exist_ok=True)
    # This one has no variable and no option for the service; podman looks for it in the home folder first.
    policy = {"default": [{"type": "insecureAcceptAnything"}]}
    (home / ".config/containers/policy.json").write_text(json.dumps(policy))
    (folder / "containers.conf").write_text(_containers(files, folder))
    storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/data"\nrunroot = "{folder}/exec"\n'
    (folder / "storage.conf").write_text(storage)
    (folder / "registries.conf").write_text("unqualified-search-registries = []\n")
    return files.environment | {
        "HOME": str(home),
        "TMPDIR": f"{folder}/scratch",
        "CONTAINERS_CONF": f"{folder}/containers.conf",
        "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
        "CONTAINERS_REGISTRIES_CONF": f"{folder}/registries.conf",
    }


def _containers(files: PodmanFiles, folder: Path) -> str:
    limits = [f"{name}={most}:{most}" for name, most in (("nofile", _files()), ("nproc", _processes()))]
    # The conmon of a container starts podman when that is over, with no more of our environment than this.
    known = files.environment
    passed = [f"{name}={known[name]}" for name in ("PATH", "LD_LIBRARY_PATH") if name in known]
    return f"""\
[containers]
default_ulimits = {json.dumps(limits)}
seccomp_profile = "{files.seccomp}"
[network]
network_backend = "cni"
network_config_dir = "{folder}/net"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
# In memory they would be those of every podman on this host, which a fresh one frees all at its start.
lock_type = "file"
conmon_path = ["{files.conmon}"]
conmon_env_vars = {json.dumps(passed)}
tmp_dir = "{folder}/state"
[engine.runtimes]
runc = ["{files.runc}"]
"""


def _files() -> int:
    return _allowed(resource.RLIMIT_NOFILE)


def _processes() -> int:
    return _allowed(resource.RLIMIT_NPROC)


def _allowed(which: int) -> int:
    hard = resource.getrlimit(which)[1]
    return _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)


def _missing() -> list[str]:
    return [program for program in PODMAN_PROGRAMS if _find(program) is None]


def _search_path() -> str:
    """The system comes first, so that somebody's own newer podman is used where there is one."""
    engines = [str(root / folder) for root in (_UNPACKED, CACHE / "root") for folder in _FOLDERS]
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *engines])


def _find(program: str) -> Path | None:
    found = shutil.which(program, path=_search_path())
    return Path(found) if found else None


def _seccomp() -> Path:
    unpacked = _UNPACKED / _SECCOMP
    return unpacked if unpacked.is_file() else Path("/") / _SECCOMP


def _environment() -> dict[str, str]:
    """Ours, without anything that configures a client or another podman."""
    ours = ("DOCKER_", "CONTAINER", "XDG_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    libraries = [
        str(path) for base in ("usr/lib", "lib") for path in sorted((_UNPACKED / base).glob("*-linux-gnu*"))
    ]
    inherited = [path for path in environment.get("LD_LIBRARY_PATH", "").split(os.pathsep) if path]
    environment["PATH"] = _search_path()
    if libraries:
        environment["LD_LIBRARY_PATH"] = os.pathsep.join([*inherited, *libraries])
    return environment
