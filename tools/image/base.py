"""A base for the image without a registry: Debian's Python and tini, unpacked into one tar archive.

Kept in the checkout's `.engine/`: the packages are fetched once. Nothing of them is configured, as no script
of theirs runs, so it is for tests and trials; docs/image.md says how debootstrap makes one for good.
Does not belong here: what is put on the base (Dockerfile, assemble.py).
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, cache_locked
from tools.engine_packages import EngineMissingError, fetch_root

PACKAGES: Final = ("base-files", "python3", "tini")
_FOLDER: Final = CACHE / "image"
_NOT_NEEDED: Final = ("usr/share/man", "usr/share/locale", "usr/share/info", "usr/bin/tini-static")
_ELSEWHERE: Final = "elsewhere make a base with python3 and tini by hand: docs/image.md"


@dataclass(frozen=True, slots=True)
class Base:
    """A tar archive for `docker import`, and the Python in it, such as 3.11."""

    archive: Path
    python: str


def base() -> Base:
    """The base, made when it is asked for first."""
    archive, note = _FOLDER / "base.tar", _FOLDER / "base.json"
    with cache_locked("image"):
        if not (note.is_file() and json.loads(note.read_text())["packages"] == list(PACKAGES)):
            _FOLDER.mkdir(exist_ok=True)
            python = _make(archive)
            # Last: an interrupted preparation is begun anew, not used.
            note.write_text(json.dumps({"packages": PACKAGES, "python": python}))
    return Base(archive, json.loads(note.read_text())["python"])


def _make(archive: Path) -> str:
    root = _FOLDER / "base"
    try:
        fetch_root(PACKAGES, root, "about 20 MB", _ELSEWHERE)
        for name in _NOT_NEEDED:
            place = root / name
            shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        (root / "tmp").mkdir(mode=0o1777, exist_ok=True)
        (root / "tmp").chmod(0o1777)
        subprocess.run(("tar", "-C", str(root), "-cf", str(archive), "."), check=True)
        return (root / "usr/bin/python3").readlink().name.removeprefix("python")
    except OSError as error:
        raise EngineMissingError(f"the base of the image cannot be made: {error}") from None
    finally:
        shutil.rmtree(root, ignore_errors=True)
