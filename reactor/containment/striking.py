"""The direct end of a run that is held, the freeze in its place, and the thaw: few calls of the kernel each.

None of them waits. Only what lies in the run's own cgroup is touched: where another cgroup lies below it,
which may be another container's, it is left to its first process, or to the engine.
"""

import os
import signal
from collections.abc import Sequence
from typing import Final

from reactor.containment.handles import Handle
from reactor.containment.proving import is_over
from reactor.core.ports import Contained

BY_CGROUP: Final = "cgroup.kill"
BY_INIT: Final = "pidfd"
BY_FREEZE: Final = "cgroup.freeze"
BY_FREEZER: Final = "freezer"
OVER: Final = "its first process is over"
_LINKS_OF_A_LEAF: Final = 2
_ICE: Final = {BY_FREEZE: (b"1", b"0"), BY_FREEZER: (b"FROZEN", b"THAWED")}
"""For each way to freeze, what is written to freeze and to thaw, and stands there before and after."""
_FILE: Final = {BY_FREEZE: "cgroup.freeze", BY_FREEZER: "freezer.state"}


def end(handle: Handle) -> Contained:
    """End all processes of a run."""
    if _is_over(handle):
        return Contained(why=OVER)
    why = []
    if handle.unified >= 0:
        trouble = _unless_leaf(handle.unified) or _write(handle.unified, BY_CGROUP, b"1")
        if not trouble:
            return Contained(BY_CGROUP, ended=True)
        why.append(f"{BY_CGROUP}: {trouble}")
    if handle.ends_all:
        trouble = _signal(handle.init)
        if not trouble:
            # The kernel ends with it whatever lives in its process namespace.
            return Contained(BY_INIT, ended=True)
        why.append(f"{BY_INIT}: {trouble}")
    return _not_done(why)


def freeze(handle: Handle) -> Contained:
    """Stop all processes of a run, unless somebody has done so already."""
    if _is_over(handle):
        return Contained(why=OVER)
    why = []
    for how, folder in _ways(handle):
        trouble = (
            _unless_leaf(folder) or _unless_thawed(folder, how) or _write(folder, _FILE[how], _ICE[how][0])
        )
        if not trouble:
            return Contained(how, frozen=True)
        why.append(f"{how}: {trouble}")
    return _not_done(why)


def thaw(handle: Handle, how: str) -> str:
    """Let them go on; what went wrong, empty for nothing, also if none of them is left."""
    folder = dict(_ways(handle)).get(how, -1)
    return _write(folder, _FILE[how], _ICE[how][1], gone="") if folder >= 0 else "it is not held any more"


def frozen_by(handle: Handle) -> tuple[str, ...]:
    """By which ways a run is frozen now."""
    return tuple(how for how, folder in _ways(handle) if _read(folder, _FILE[how]) not in {_ICE[how][1], b""})


def _ways(handle: Handle) -> list[tuple[str, int]]:
    """Where both are there, the engine knows nothing of the first."""
    ways = [(BY_FREEZE, handle.unified), (BY_FREEZER, handle.freezer)]
    return [(how, folder) for how, folder in ways if folder >= 0]


def _is_over(handle: Handle) -> bool:
    """Whether the first process has ended, as far as it is held: then the run has, too.

    Whoever is in its cgroup now may be the next run, which is put there again if it could not be removed.
    """
    return handle.init >= 0 and is_over(handle.init)


def _unless_leaf(folder: int) -> str:
    """Whatever lies below it would go, too: the cgroups that it made, or those of who was put there."""
    try:
        links = os.fstat(folder).st_nlink
    except OSError as trouble:
        return trouble.strerror or str(trouble)
    return "" if links == _LINKS_OF_A_LEAF else "there are other cgroups below its own"


def _is_gone(folder: int) -> bool:
    """A directory that was removed has no files any more; every cgroup has this one."""
    return not _exists(folder, "cgroup.procs")


def _unless_thawed(folder: int, how: str) -> str:
    found = _read(folder, _FILE[how])
    if not found:
        return "it cannot be read whether it is frozen"
    return "" if found == _ICE[how][1] else "somebody has frozen it already"


def _write(folder: int, name: str, text: bytes, gone: str = "its cgroup is gone") -> str:
    try:
        file = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=folder)
        try:
            os.write(file, text)
        finally:
            os.close(file)
    except FileNotFoundError:
        return gone if _is_gone(folder) else f"this kernel has no {name}"
    except OSError as trouble:
        return gone if _is_gone(folder) else trouble.strerror or str(trouble)
    return ""


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder)
    except OSError:
        return False
    return True


def _read(folder: int, name: str) -> bytes:
    """What stands in a file of a cgroup; nothing if that cannot be read."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return b""
    try:
        return os.read(file, 64).strip()
    except OSError:
        return b""
    finally:
        os.close(file)


def _signal(init: int) -> str:
    try:
        signal.pidfd_send_signal(init, signal.SIGKILL)
    except ProcessLookupError:
        return OVER
    except OSError as trouble:
        return trouble.strerror or str(trouble)
    return ""


def _not_done(why: Sequence[str]) -> Contained:
    return Contained(why="; ".join(why) or "nothing of it is held")
