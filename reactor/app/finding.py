"""Which control socket is meant when none is named.

Apart from ``asking``, because a health check that runs twice a minute must not import what speaks over it.
"""

import stat
from collections.abc import Mapping
from pathlib import Path

from reactor.app.complaint import Complaint
from reactor.app.places import control_folder

ENVIRONMENT = "REACTOR_CONTROL"


def find_control(environ: Mapping[str, str]) -> Path:
    """The only control socket there is."""
    folder = control_folder(environ)
    try:
        found = sorted(path for path in folder.glob("*.sock") if stat.S_ISSOCK(path.lstat().st_mode))
    except OSError:
        found = []
    if len(found) == 1:
        return found[0]
    if not found:
        raise Complaint(
            f"reactor: no running monitor is found: there is no control socket in {folder}",
            "Start one with: reactor run; or name its socket with --control",
        )
    raise Complaint(
        f"reactor: there are {len(found)} control sockets in {folder}: name one with --control",
        *(f"  {path}" for path in found),
    )
