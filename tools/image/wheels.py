"""The wheelhouse: every wheel that the image is made of, so that its build needs no network.

Fetched by pip from where this machine gets its packages, for the Python of the base, which need not be ours.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, CHECKOUT, cache_locked
from tools.engine_packages import EngineMissingError, say

_FOLDER: Final = CACHE / "image"
_PLATFORMS: Final = ("manylinux2014", "manylinux_2_17", "manylinux_2_28")


def wheels(python: str) -> Path:
    """A folder with what `pyproject.toml` asks for, what builds the package, and pip itself."""
    folder = _FOLDER / "wheels"
    key = hashlib.sha256(repr((python, *_wanted(), _constraints())).encode()).hexdigest()
    with cache_locked("image"):
        if not (folder / f"{key}.key").is_file():
            say("getting the wheels for the image (once for each constraints.txt; about 25 MB) ...")
            shutil.rmtree(folder, ignore_errors=True)
            _download(python, folder)
            (folder / f"{key}.key").touch()
    return folder


def _wanted() -> tuple[str, ...]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    return (*project["project"]["dependencies"], *project["build-system"]["requires"], "pip")


def _constraints() -> str:
    return (CHECKOUT / "constraints.txt").read_text()


def _download(python: str, folder: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--only-binary=:all:", "--python-version", python, "--dest", str(folder),
        "--constraint", str(CHECKOUT / "constraints.txt"),
    ]  # fmt: skip
    for kind in _PLATFORMS:
        command += ["--platform", f"{kind}_{platform.machine()}"]
    done = subprocess.run((*command, *_wanted()), capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n  ".join((done.stdout + done.stderr).splitlines()[-5:])
        raise EngineMissingError(f"the wheels for the image cannot be had:\n  {last}")
