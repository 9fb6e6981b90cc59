"""Gets programs out of Debian's packages without installing them.

Nothing changes system-wide: the packages are downloaded and unpacked, no maintainer script runs and no unit
is enabled, so no system engine starts. Does not belong here: which programs are wanted (engine_files.py).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

NAME_ONE: Final = "REACTOR_TEST_DOCKER_HOST=unix:///path/docker.sock make test"
ELSEWHERE: Final = (
    "elsewhere install a Docker engine (dockerd, containerd, runc) and a static busybox,\n"
    f"  or name an engine that is meant for tests: {NAME_ONE}"
)


class EngineMissingError(Exception):
    """The programs of an engine are not here and cannot be fetched; the message names them and the remedy."""


def say(line: str) -> None:
    """Write one progress line for the person who waits."""
    print(f"engine: {line}", file=sys.stderr, flush=True)


def fetch(
    packages: Sequence[str],
    missing: Sequence[str],
    cache: Path,
    size: str = "about 70 MB for a whole engine",
    elsewhere: str = ELSEWHERE,
) -> Path:
    """Download the packages with all that they need and this system lacks; return where they are unpacked.

    ``elsewhere`` is what is to be done on a machine that is not Debian, for the one who reads the refusal.
    """
    _require_debian(packages, missing, elsewhere)
    say(f"getting {', '.join(packages)} into {cache.name}/ (once; {size}) ...")
    archives, unpacked, fresh = cache / "debs", cache / "root", cache / "root.new"
    shutil.rmtree(archives, ignore_errors=True)
    (archives / "partial").mkdir(parents=True)
    _download(packages, archives)
    shutil.rmtree(fresh, ignore_errors=True)
    if unpacked.is_dir():
        unpacked.rename(fresh)
    for archive in sorted(archives.glob("*.deb")):
        _run(("dpkg-deb", "--extract", str(archive), str(fresh)))
    wrap_apparmor_parser(fresh)
    # The folder gets its name only when it is complete: an interrupted preparation is begun anew, not used.
    fresh.rename(unpacked)
    shutil.rmtree(archives)
    say("unpacked")
    return unpacked


def fetch_root(packages: Sequence[str], root: Path, size: str, elsewhere: str) -> None:
    """Unpack the packages with all that they need into a new root, as on a system that has nothing yet.

    dpkg's list of what is installed is written as it would have written it; no maintainer script runs.
    """
    _require_debian(packages, [root.name], elsewhere)
    say(f"getting {', '.join(packages)} into {root.name}/ (once; {size}) ...")
    archives = root.with_name(f"{root.name}.debs")
    nothing = archives / "status" / "status"
    for folder in (archives, root):
        shutil.rmtree(folder, ignore_errors=True)
    (archives / "partial").mkdir(parents=True)
    nothing.parent.mkdir()
    nothing.touch()
    _download(packages, archives, ("-o", f"Dir::State::status={nothing}"))
    said = []
    for archive in sorted(archives.glob("*.deb"), key=_links_of_folders_first):
        _run(("dpkg-deb", "--extract", str(archive), str(root)))
        said.append(f"{_run(('dpkg-deb', '--field', str(archive)))}Status: install ok installed\n")
    (root / "var/lib/dpkg").mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").write_text("\n".join(said))
    shutil.rmtree(archives)


def _links_of_folders_first(archive: Path) -> tuple[bool, str]:
    # From Debian 13 on it is this package that makes /lib a link.
    return not archive.name.startswith("base-files_"), archive.name


def wrap_apparmor_parser(root: Path) -> None:
    """Put a script before an unpacked parser that tells it to do without a configuration in /etc."""
    if not (root / "sbin/apparmor_parser").is_file():
        return
    # Without it the parser warns, and dockerd takes the warning for the version that it asked for.
    script = root / "usr/sbin/apparmor_parser"
    script.write_text(
        '#!/bin/sh\nexec "$(dirname "$0")/../../sbin/apparmor_parser" --config-file=/dev/null "$@"\n'
    )
    script.chmod(0o755)


def _require_debian(packages: Sequence[str], missing: Sequence[str], elsewhere: str) -> None:
    tools_missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if os.geteuid() == 0 and not tools_missing:
        return
    why = f"{' and '.join(tools_missing)} not found: not Debian" if tools_missing else "not root"
    raise EngineMissingError(
        f"missing on this machine: {', '.join(missing)}; they cannot be fetched here ({why}).\n"
        f"  On Debian: apt-get install {' '.join(packages)};\n"
        f"  {elsewhere}"
    )


def _download(packages: Sequence[str], archives: Path, options: Sequence[str] = ()) -> None:
    """Try with the package lists as they are; only if that fails are the lists brought up to date first."""
    command = (
        "apt-get", "install", "--yes", "--quiet", "--download-only", "--no-install-recommends",
        "-o", f"Dir::Cache::archives={archives}", "-o", "APT::Sandbox::User=root", *options, *packages,
    )  # fmt: skip
    if _runs(command):
        return
    say("bringing the package lists up to date (apt-get update) ...")
    _run(("apt-get", "update", "--quiet"))
    _run(command)


def _runs(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-8:])
        raise EngineMissingError(f"`{' '.join(command)}` failed with {done.returncode}:\n  {last}")
    return done.stdout
