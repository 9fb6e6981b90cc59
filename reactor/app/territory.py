"""The lock on an engine and a scope: two monitors with the same scope on one engine would both act.

Only the lock and the note of its holder belong here; the journal's own lock keeps two from writing one file.
It is advisory and this machine's: of a monitor elsewhere, on an engine over TCP, nobody knows.
The kernel drops it when its holder dies, however it dies.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from reactor.core.protection import Policy

log = logging.getLogger("reactor.app")


class TerritoryTaken(Exception):
    """Another monitor has this engine and scope; the text is a sentence with a remedy."""


def scope_digest(policy: Policy) -> str:
    """Twelve hex digits, the same for the same scope: its selectors in any order, and the label of edges."""
    labels = policy.labels
    said = sorted(repr(selector) for selector in policy.selectors)
    return sha256("\n".join((*said, labels.sidecar_of)).encode()).hexdigest()[:12]


def territory_lock(folder: Path, engine_id: str, policy: Policy) -> Path:
    """The file that is locked for an engine and a scope."""
    name = "".join(each if each.isalnum() or each == "-" else "-" for each in engine_id)[:40] or "engine"
    return folder / f"{name}-{scope_digest(policy)}.lock"


@contextmanager
def territory(folder: Path, engine_id: str, policy: Policy, journal: Path) -> Iterator[None]:
    """The lock while this lasts. Raises TerritoryTaken where another holds it.

    Where no lock can be had at all, a folder that is not writable for instance, that is said and no more.
    """
    path = territory_lock(folder, engine_id, policy)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        _say_none(path, error)
        yield
        return
    try:
        _take(descriptor, path, journal)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, journal: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TerritoryTaken(
            f"another monitor with this scope acts on this engine already{_holder(descriptor)}: "
            f"stop it, run this one dry, or give one of them another scope (the lock is {path})"
        ) from None
    except OSError as error:
        _say_none(path, error)
        return
    note = json.dumps({"pid": os.getpid(), "journal": str(journal)}).encode()
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)
    except OSError as error:
        log.warning("the lock's note cannot be written", extra={"lock": path, "why": error.strerror})


def _holder(descriptor: int) -> str:
    try:
        note = json.loads(os.pread(descriptor, 4096, 0))
        return f": process {int(note['pid'])}, with the journal {str(note['journal'])[:200]!r}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _say_none(path: Path, error: OSError) -> None:
    log.warning(
        "there is no lock on this engine and scope: another monitor with the same would not be noticed",
        extra={"lock": path, "why": error.strerror},
    )
