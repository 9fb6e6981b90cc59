"""The programs that the files in `deploy/` are for: systemd-analyze, which checks, and docker-compose.

Those that are installed are used; what is missing is taken out of Debian's packages into the checkout's
`.engine/`, as the engine is, and not installed. Does not belong here: what is asked of them, which is each
test's own business.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, cache_locked
from tools.engine_packages import EngineMissingError, fetch

_ELSEWHERE: Final = "elsewhere put systemd-analyze (252 or newer) and docker-compose on the PATH"
_UNITS: Final = CACHE / "units"
_COMPOSE: Final = CACHE / "compose"
_DIST: Final = "usr/lib/python3/dist-packages"


@dataclass(frozen=True, slots=True)
class Checker:
    """A command, and what its environment needs more."""

    command: tuple[str, ...]
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Ours, and that."""
        return {**os.environ, **self.more}


def systemd_analyze() -> Checker:
    """What checks unit files. It needs no systemd that runs."""
    if found := shutil.which("systemd-analyze"):
        return Checker((found,))
    root = _unpacked("systemd", _UNITS, "usr/bin/systemd-analyze", "about 7 MB")
    folders = [str(folder) for base in ("usr/lib", "lib") for folder in root.glob(f"{base}/*-linux-gnu*")]
    folders += [f"{folder}/systemd" for folder in folders]
    return Checker((f"{root}/usr/bin/systemd-analyze",), {"LD_LIBRARY_PATH": os.pathsep.join(folders)})


def compose() -> Checker:
    """What reads Compose files, and brings them up on the engine that DOCKER_HOST names."""
    if found := shutil.which("docker-compose"):
        return Checker((found,))
    root = _unpacked("docker-compose", _COMPOSE, "usr/bin/docker-compose", "about 1 MB")
    # Of what is installed and what was unpacked, the same Python has both.
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else f"{root}/usr/bin/python3"
    return Checker((python, "-m", "compose"), {"PYTHONPATH": str(root / _DIST)})


def _unpacked(package: str, cache: Path, program: str, size: str) -> Path:
    with cache_locked(cache.name):
        root = cache / "root"
        if not (root / program).is_file():
            cache.mkdir(exist_ok=True)
            root = fetch((package,), (Path(program).name,), cache, size, _ELSEWHERE)
    if not (root / program).is_file():
        raise EngineMissingError(f"the package {package} was unpacked, but holds no {program}")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch what the tests will need, while somebody sees the progress."""
    if [*(sys.argv[1:] if arguments is None else arguments)] != ["prepare"]:
        print("usage: python -m tools.deployment prepare", file=sys.stderr)
        return 2
    try:
        systemd_analyze()
        compose()
    except EngineMissingError as problem:
        print(f"deployment: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
