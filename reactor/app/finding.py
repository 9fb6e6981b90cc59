"""Which control socket is meant when none is named, or only the engine of its monitor.

Apart from ``asking``, because a health check that runs twice a minute must not import what speaks over it.
"""

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from reactor.app.complaint import Complaint
from reactor.app.hailing import hail, told
from reactor.app.places import control_folder
from reactor.core.language.printing import tame

ENVIRONMENT = "REACTOR_CONTROL"
WITHIN = 0.5
"""Seconds for a monitor to say which engine it watches."""
LONGEST_NAME = 64


def where(control: object, engine: str, environ: Mapping[str, str]) -> str:
    """The socket or address that is meant, by a flag for it, by one for the engine, and by the environment.

    Raises Complaint. Below an address the engine is chosen by a path, which is no business of ours.
    """
    named = str(control or "")
    if named and engine and "://" not in named:
        raise Complaint(
            "reactor: --control names the socket of one monitor: --engine has nothing to choose there",
            "Leave one of them out; with an address both can be said",
        )
    named = named or environ.get(ENVIRONMENT, "")
    if named and ("://" in named or not engine):
        return named
    return str(find_control(environ, engine))


def find_control(environ: Mapping[str, str], engine: str = "") -> Path:
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
        return found[0]
    return _chosen(found, engine, folder)


def engine_of(path: Path) -> str:
    """What the monitor behind a socket calls its engine; empty if nobody says."""
    try:
        status = told(hail(str(path), "/v1/status", WITHIN))
    except OSError:
        return ""
    return str((status or {}).get("engine", ""))


def _chosen(found: Sequence[Path], engine: str, folder: Path) -> Path:
    engines = {path: engine_of(path) for path in found}
    meant = [path for path, name in engines.items() if engine and name == engine]
    if len(meant) == 1:
        return meant[0]
    shown = tame(engine, LONGEST_NAME)
    if not engine:
        why = f"there are {len(found)} control sockets in {folder}: choose by --engine NAME or --control SOCKET"
    elif meant:
        why = f"{len(meant)} monitors call their engine {shown}: choose by --control SOCKET"
    else:
        why = f"no monitor with a control socket in {folder} watches an engine called {shown}"
    raise Complaint(f"reactor: {why}", *(_line(path, name) for path, name in engines.items()))


def _line(path: Path, name: str) -> str:
    return f"  {path}  {tame(name, LONGEST_NAME) if name else '(nobody answers)'}"
