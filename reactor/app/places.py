"""Where things are by default: the shipped rules, the journal and the control socket of an engine."""

import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path


def shipped_rules() -> Path:
    """The folder of the rules that come with the program, installed or in a checkout."""
    installed = Path(str(files("reactor"))) / "shipped" / "rules"
    return installed if installed.is_dir() else Path(str(files("reactor"))).parent / "rules"


def default_journal(
    engine_id: str, environ: Mapping[str, str] = os.environ, *, root: bool | None = None
) -> Path:
    """The journal of this engine: below /var/lib for root, else in the user's state folder."""
    if _as_root(root):
        return Path("/var/lib/reactor") / f"{_file_name(engine_id, 64)}.db"
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/tmp")) / ".local" / "state")  # noqa: S108 - A last resort.
    return Path(state) / "reactor" / f"{_file_name(engine_id, 64)}.db"


def find_journals(environ: Mapping[str, str] = os.environ, *, root: bool | None = None) -> list[Path]:
    """The journals at the default places, by name."""
    return sorted(default_journal("", environ, root=root).parent.glob("*.db"))


def control_folder(environ: Mapping[str, str] = os.environ, *, root: bool | None = None) -> Path:
    """Where control sockets are: below /run for root, else in the user's runtime folder."""
    if _as_root(root):
        return Path("/run/reactor")
    runtime = environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "reactor" if runtime else default_journal("", environ, root=False).parent


def default_control(
    engine_id: str, environ: Mapping[str, str] = os.environ, *, root: bool | None = None
) -> Path:
    """The control socket of the monitor of this engine. Its name is short: the path of a socket has to be."""
    return control_folder(environ, root=root) / f"{_file_name(engine_id, 24)}.sock"


def _as_root(root: bool | None) -> bool:
    return os.geteuid() == 0 if root is None else root


def _file_name(engine_id: str, longest: int) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", engine_id)[:longest] or "engine"
