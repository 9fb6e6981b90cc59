"""Which monitor is meant: by its socket, by the only socket there is, or by the engine that it watches.

Apart from ``asking``, because a health check that runs twice a minute must not import what speaks over it.
"""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from reactor.app.complaint import Complaint
from reactor.app.hailing import hail, told
from reactor.app.places import control_folder
from reactor.core.language.printing import tame

ENVIRONMENT = "REACTOR_CONTROL"
WITHIN = 0.5
"""Seconds for a monitor to say which engine it watches."""
LONGEST_NAME, LONGEST_LINE = 64, 300


@dataclass(frozen=True, slots=True)
class Found:
    """Where a monitor is: the path of a socket or an address, and the path before that of each request."""

    named: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a socket says it is of; ``several`` tells that its engines are told apart by a path."""

    engines: tuple[str, ...] = ()
    several: bool = False

    def __str__(self) -> str:
        return ", ".join(tame(name, LONGEST_NAME) for name in self.engines) or "(nobody answers)"


def where(control: object, engine: str, environ: Mapping[str, str]) -> Found:
    """The monitor that is meant, by a flag or the environment for its place, and by its engine.

    Raises Complaint.
    """
    named = str(control or environ.get(ENVIRONMENT) or "")
    if not named:
        return find_control(environ, engine)
    if "://" in named or not engine:
        return Found(named, below(engine))
    heard = hear(Path(named))
    if heard.engines and engine not in heard.engines:
        shown = tame(engine, LONGEST_NAME)
        raise Complaint(f"reactor: the monitor at {named} watches no engine called {shown}, but {heard}")
    return Found(named, below(engine) if heard.several else "")


def below(engine: str) -> str:
    """Where one of several engines is asked for; nothing where none is chosen."""
    return f"/engines/{quote(engine, safe='')}" if engine else ""


def find_control(environ: Mapping[str, str], engine: str = "") -> Found:
    """The only control socket there is, or that of the monitor that watches the engine of this name."""
    folder = control_folder(environ)
    try:
        found = sorted(path for path in folder.glob("*.sock") if stat.S_ISSOCK(path.lstat().st_mode))
    except OSError:
        found = []
    if not found:
        raise Complaint(
            f"reactor: no running monitor is found: there is no control socket in {folder}",
            "Start one with: reactor run; or name its socket with --control",
        )
    if len(found) == 1 and not engine:
        return Found(str(found[0]))
    return _chosen(found, engine, folder)


def hear(path: Path) -> Heard:
    """Which engines the monitor behind a socket says that it watches; none if nobody answers."""
    try:
        status = told(hail(str(path), "/v1/status", WITHIN)) or {}
    except OSError:
        return Heard()
    rows = status.get("engines")
    if isinstance(rows, list):
        return Heard(
            tuple(str(each.get("name", "")) for each in rows if isinstance(each, dict)), several=True
        )
    return Heard((str(status["engine"]),)) if "engine" in status else Heard()


def _chosen(found: Sequence[Path], engine: str, folder: Path) -> Found:
    heard = {path: hear(path) for path in found}
    meant = [path for path, said in heard.items() if engine and engine in said.engines]
    if len(meant) == 1:
        return Found(str(meant[0]), below(engine) if heard[meant[0]].several else "")
    shown = tame(engine, LONGEST_NAME)
    if not engine:
        why = f"there are {len(found)} control sockets in {folder}: choose by --engine or --control"
    elif meant:
        why = f"{len(meant)} monitors call an engine {shown}: choose by --control"
    else:
        why = f"no monitor with a control socket in {folder} watches an engine called {shown}"
    raise Complaint(
        f"reactor: {why}", *(tame(f"  {path}  {said}", LONGEST_LINE) for path, said in heard.items())
    )
