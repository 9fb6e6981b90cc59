"""Whether the engine that we watch may be the one that we run on, where we do not know as which container.

A monitor that does not know itself could end itself, and be restarted, and end itself again. So it does not
begin to act until that is ruled out. Does not belong here: what the kernel's tables say (``identity``).
"""

import logging
import socket
import struct
from dataclasses import replace
from pathlib import Path

from reactor.app.complaint import Complaint
from reactor.app.identity import Whereabouts, find_whereabouts, in_container
from reactor.app.settings import Settings
from reactor.core.container import ContainerId
from reactor.core.ports import EngineError
from reactor.engine.calls import DockerEngine
from reactor.http.address import Address

log = logging.getLogger("reactor.app")

UNKNOWN_SELF = (
    "reactor: this is a container, and nothing here says which one: the monitor might end itself",
    "Run it with --cgroupns host; or name its full id below 'protect: ids' of the configuration;",
    "or run it with --dry-run, which ends nobody",
)
_CREDENTIALS = struct.Struct("3i")
_PATIENCE = 2.0


async def knowing_itself(settings: Settings, engine: DockerEngine) -> Settings:
    """The settings, with all protected who might be this monitor. Raises Complaint where nobody can tell."""
    found = find_whereabouts()
    if found.own is None:
        refuse_unknown_self(settings, engine.endpoint.address)
        return settings
    more = found.around if found.sure else await _with_the_same_files(engine, found)
    policy = settings.policy
    return replace(settings, policy=replace(policy, protected_ids=policy.protected_ids | more))


def refuse_unknown_self(settings: Settings, engine: Address) -> None:
    """Raise Complaint where this is a container of the engine's for all we know, and acts."""
    named = bool(settings.policy.protected_ids)
    if not settings.dry_run and not named and in_container() and not beside_us(engine):
        raise Complaint(*UNKNOWN_SELF)


async def _with_the_same_files(engine: DockerEngine, found: Whereabouts) -> frozenset[ContainerId]:
    """Who has the files by which we know ourselves because it joined a network: one of those may be us."""
    joined = set()
    try:
        for row in await engine.list():
            if row.joined and row.alive and found.own in (await engine.inspect(row.id)).joins:
                joined.add(row.id)
    except EngineError as error:
        # It did answer a moment ago; whoever cannot list cannot end anybody either.
        log.warning("who shares our network could not be asked", extra={"why": error})
    if joined:
        log.warning(
            "containers that share a network with us cannot be told from us, and are spared; "
            "with --cgroupns host we would know",
            extra={"containers": " ".join(sorted(each[:12] for each in joined))},
        )
    return frozenset(joined)


def beside_us(engine: Address, proc: Path = Path("/proc")) -> bool:
    """Whether who listens there has the very root that we have: then it runs where we do, not we in it.

    Whoever cannot be seen, as from a process namespace of our own or behind a proxy, is not beside us.
    """
    pid = _who_listens(engine)
    return bool(pid) and (ours := _root(proc / "self")) is not None and _root(proc / str(pid)) == ours


def _who_listens(engine: Address) -> int:
    if not engine.path:
        return 0
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_PATIENCE)
            connection.connect(engine.path)
            said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return 0
    return int(_CREDENTIALS.unpack(said)[0])


def _root(process: Path) -> tuple[int, int] | None:
    """Which folder it has as its root: an engine gives each container one that is nobody else's."""
    try:
        found = (process / "root").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
