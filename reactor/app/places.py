"""Where things are by default: the shipped rules, and the journal of an engine."""

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
    as_root = os.geteuid() == 0 if root is None else root
    name = re.sub(r"[^A-Za-z0-9-]", "-", engine_id)[:64] or "engine"
    if as_root:
        return Path("/var/lib/reactor") / f"{name}.db"
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/tmp")) / ".local" / "state")  # noqa: S108 - A last resort.
    return Path(state) / "reactor" / f"{name}.db"
