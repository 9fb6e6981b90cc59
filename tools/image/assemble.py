"""What the image's build runs: a wheel of this checkout, an environment with it, and the bill of materials.

A program of the standard library and not lines of a shell: the base needs no shell then, and the image has
none unless the base brings one. pip comes from the wheelhouse if there is one, else from the base, and does
not get into the environment. Does not belong here: what a base is made of (base.py).
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.image import sbom

SOURCE: Final = Path(__file__).resolve().parents[2]
WHEELHOUSE: Final = SOURCE / "wheels"
INIT: Final = Path("/usr/bin/tini")
HOME: Final = Path("/opt/reactor")
"""The environment; its scripts name it, so it has to be here in the image as well."""
BUILT: Final = Path("/tmp/built")  # noqa: S108 - Of the build's own file system, which nobody else sees.
STATE: Final = Path("/opt/state")
"""Empty folders, of which the image's folders for state are copies."""
BILL: Final = HOME / "sbom.cdx.json"
OLDEST: Final = (3, 11)


class NotThisBase(Exception):
    """The base lacks something; the text says what and how to mend it."""


def main() -> int:
    """Assemble all of it."""
    try:
        check_base()
        assemble()
    except NotThisBase as problem:
        print(f"image: {problem}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as problem:
        # pip has said why; a traceback of ours would hide it.
        print(f"image: this failed with {problem.returncode}: {problem.cmd}", file=sys.stderr)
        return 1
    return 0


def check_base() -> None:
    """Refuse a base on which the image could not run, before minutes are spent on it."""
    if sys.version_info < OLDEST:
        raise NotThisBase(f"the base has Python {sys.version.split()[0]}, and reactor needs 3.11 or newer")
    if not INIT.is_file():
        raise NotThisBase(f"the base has no {INIT}, which is the image's first process: install tini in it")


def assemble() -> None:
    """Leave the environment at HOME and the empty folders at STATE."""
    pip = pip_command()
    sources = ("--no-index", "--find-links", str(WHEELHOUSE)) if WHEELHOUSE.is_dir() else ()
    wheel = (*pip, "wheel", "--no-deps", "--wheel-dir", str(BUILT), *sources, str(SOURCE))
    subprocess.run(wheel, check=True)
    venv.create(HOME, with_pip=False, symlinks=True)
    (built,) = BUILT.glob("reactor-*.whl")
    into = (*pip, "--python", str(HOME / "bin/python"), "install", "--no-compile", *sources)
    subprocess.run((*into, str(built)), check=True)
    compile_all(HOME)
    paths = sysconfig.get_paths("venv", {"base": str(HOME), "platbase": str(HOME)})
    sbom.write(Path(paths["purelib"]), BILL)
    for name in ("var/lib/reactor", "run/reactor"):
        (STATE / name).mkdir(parents=True)


def pip_command() -> tuple[str, ...]:
    """How pip is called: its wheel can run as it lies there."""
    found = sorted(WHEELHOUSE.glob("pip-*.whl"))
    if found:
        return (sys.executable, f"{found[-1]}/pip", *_QUIET)
    own = (sys.executable, "-m", "pip")
    if subprocess.run((*own, "--version"), capture_output=True, check=False).returncode:
        raise NotThisBase("the base has no pip, and there is none in wheels/: put one there, or install it")
    return (*own, *_QUIET)


_QUIET: Final = ("--quiet", "--disable-pip-version-check", "--no-cache-dir")


def compile_all(folder: Path) -> None:
    """Compile it once and for all: nothing can be written there later.

    By the contents and not by the time of the files, which the copying of layers may change.
    """
    command = ("-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", str(folder))
    subprocess.run((sys.executable, *command), check=True)


def arguments(values: Sequence[str] = sys.argv[1:]) -> None:
    """Refuse what is not understood: a build that ignores a word has misled its author."""
    if values:
        raise SystemExit(f"image: there are no arguments: {' '.join(values)}")


if __name__ == "__main__":
    arguments()
    shutil.rmtree(BUILT, ignore_errors=True)
    # What builds the package is pinned too: older releases of pip read the first of these, newer ones both.
    for name in ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"):
        os.environ[name] = str(SOURCE / "constraints.txt")
    os.environ.setdefault("PIP_ROOT_USER_ACTION", "ignore")
    sys.exit(main())
