"""What the virtual machines of `make test-v2` are made of, and where it comes from.

The emulator and the root file systems come out of Debian's packages, the libraries out of Python's, each
through its ordinary client. Nothing is installed, and nothing of this host is changed. Does not belong here:
the disks that are made of it (vm_images.py).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine_files import CHECKOUT
from tools.engine_packages import fetch

CACHE: Final = CHECKOUT / ".vm"
PACKAGES: Final = (
    "systemd-sysv", "dbus", "udev", "kmod", "iptables", "python3", "docker.io", "busybox-static",
    "linux-image-cloud-amd64",
)  # fmt: skip
_TOOLS: Final = CACHE / "root"
_EMULATOR: Final = "qemu-system-x86_64"
_USER_MODE: Final = "linux.uml"
_MODULES: Final = "usr/lib/uml/modules"
_NOT_FOR_TESTS: Final = frozenset(
    {
        "argparse-manpage", "ast_serialize", "contourpy", "cycler", "editables", "fonttools", "greenlet",
        "hatchling", "kiwisolver", "librt", "matplotlib", "mypy", "mypy_extensions", "numpy", "pathspec",
        "pillow", "playwright", "pyee", "pyparsing", "python-dateutil", "ruff", "six", "tomlkit",
        "trove-classifiers",
    }
)  # fmt: skip
_PLATFORMS: Final = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_PATH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


class VmMissingError(Exception):
    """A virtual machine cannot be made here; the message says what is missing, and the remedy."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of Debian, and what it has: the engine, and Python."""

    name: str
    engine: str
    python: str


RELEASES: Final = (Release("bookworm", "20.10", "3.11"), Release("trixie", "26.1", "3.13"))


def say(line: str) -> None:
    """Write one progress line for the person who waits."""
    print(f"test-v2: {line}", file=sys.stderr, flush=True)


def call(command: Sequence[str], more: Mapping[str, str] | None = None) -> str:
    """Run a program of this host, and return what it wrote; ``more`` is for its environment."""
    environment = {**os.environ, "PATH": _PATH, **(more or {})}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT, env=environment)
    if done.returncode != 0:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-8:])
        raise VmMissingError(f"`{' '.join(command[:4])} …` failed with {done.returncode}:\n  {last}")
    return done.stdout


def require() -> None:
    """Refuse with a remedy where machines cannot be made or run; fetch what is only unpacked."""
    if os.geteuid() != 0:
        raise VmMissingError(
            "the virtual machines are made by root (debootstrap needs it), and this is not root"
        )
    wanted = ("apt-get", "dpkg-deb", "git", "gpgv", "mke2fs", "setpriv", "wget")
    missing = [program for program in wanted if shutil.which(program, path=_PATH) is None]
    if missing or not _KEYRING.is_file():
        raise VmMissingError(
            f"missing here: {', '.join(missing) or _KEYRING}; the machines are made on Debian 12 or newer.\n"
            "  On Debian: apt-get install git gpgv wget e2fsprogs util-linux debian-archive-keyring"
        )
    lacking = [
        program
        for program in (_EMULATOR, _USER_MODE, "debootstrap")
        if not shutil.which(program, path=_PATH) and not list(_TOOLS.glob(f"usr/*bin/{program}"))
    ]
    if lacking:
        fetch(("qemu-system-x86", "user-mode-linux", "debootstrap"), lacking, CACHE, "about 60 MB")


def emulator() -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the emulator's command, installed or unpacked, and what its environment needs more."""
    if found := shutil.which(_EMULATOR, path=_PATH):
        return (found,), {}
    share = _TOOLS / "usr/share"
    folders = [str(_TOOLS / base / "x86_64-linux-gnu") for base in ("usr/lib", "lib")]
    command = (f"{_TOOLS}/usr/bin/{_EMULATOR}", "-L", f"{share}/qemu", "-L", f"{share}/seabios")
    return command, {"LD_LIBRARY_PATH": os.pathsep.join(folders)}


def user_mode_kernel() -> str:
    """Return the kernel that is a program, installed or unpacked."""
    return shutil.which(_USER_MODE, path=_PATH) or f"{_TOOLS}/usr/bin/{_USER_MODE}"


def add_modules(root: Path) -> None:
    """Add the modules of that kernel to a root file system; those of the other came with its package."""
    found = next(base for base in (_TOOLS / _MODULES, Path("/", _MODULES)) if base.is_dir())
    shutil.copytree(found, root / "usr/lib/modules", dirs_exist_ok=True)


def make_root(release: Release, root: Path) -> None:
    """Make a root file system of a release, from where this host gets Debian itself."""
    said = "$(REPO_URI) $(ORIGIN) $(CODENAME) $(COMPONENT)"
    mirror = mirror_in(call(("apt-get", "indextargets", "--format", said)))
    if mirror is None:
        raise VmMissingError("apt has no source of Debian itself here: see sources.list(5)")
    options = ("--variant=minbase", f"--include={','.join(PACKAGES)}", release.name, str(root), mirror)
    if found := shutil.which("debootstrap", path=_PATH):
        call((found, *options))
    else:
        own = {"DEBOOTSTRAP_DIR": f"{_TOOLS}/usr/share/debootstrap"}
        call((f"{_TOOLS}/usr/sbin/debootstrap", *options), own)


def add_libraries(release: Release, constraints: str, folder: Path) -> None:
    """Install the versions of constraints.txt for the release's own Python, which need not be ours."""
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--no-compile", "--only-binary=:all:", "--python-version", release.python, "--target", str(folder),
    ]  # fmt: skip
    for platform in _PLATFORMS:
        command += ["--platform", platform]
    call((*command, *requirements(constraints)))


def requirements(constraints: str) -> list[str]:
    """The packages that the tests need, out of all that a developer needs."""
    lines = [line for line in constraints.splitlines() if line and not line.startswith("#")]
    return [line for line in lines if line.partition("==")[0] not in _NOT_FOR_TESTS]


def mirror_in(index_targets: str) -> str | None:
    """Where this host gets Debian itself from, out of what apt tells of its sources."""
    for line in index_targets.splitlines():
        address, origin, codename, component = (*line.split(" "), "", "", "")[:4]
        if origin == "Debian" and component == "main" and "-" not in codename:
            return address
    return None
