"""Who an engine is, out of what it says of itself, and what it can do."""

import hashlib

from reactor.core.capabilities import LOST, Capabilities
from reactor.core.ports import EngineInfo
from reactor.engine.errors import EngineSaidNonsense, quoted
from reactor.engine.times import header_seconds, seconds
from reactor.engine.wire import InfoBody, VersionBody


def engine_info(
    version: VersionBody,
    info: InfoBody,
    spoken: str,
    date: str,
    *,
    local: bool = False,
    updates: bool = True,
) -> EngineInfo:
    """The record; ``date`` is the header of the answer, for engines that do not say what time it is.

    ``updates`` tells whether it changes limits, as far as that was tried.
    """
    can = _capabilities(version, info, updates=updates)
    now = seconds(info.system_time) or header_seconds(date)
    if now is None:
        raise EngineSaidNonsense(f"the engine says that it is {quoted(info.system_time)!r} o'clock")
    return EngineInfo(
        id=_podmans_id(info) if is_podman(version) else info.id,
        name=info.name,
        version=version.version,
        api_version=spoken,
        now=now,
        memory=max(info.memory, 0),
        cgroup_version=info.cgroup_version,
        cgroup_driver=info.cgroup_driver,
        warnings=tuple(LOST[name] for name in can.missing()),
        kernel=info.kernel,
        local=local,
        cannot_limit=_cannot_limit(info),
        can=can,
    )


def _cannot_limit(info: InfoBody) -> tuple[str, ...]:
    can = (info.memory_limit, info.swap_limit, info.pids_limit, info.cpu_quota)
    return tuple(name for name, able in zip(("memory", "swap", "pids", "cpu"), can, strict=True) if not able)


def _podmans_id(info: InfoBody) -> str:
    """Podman says another id each time: what stays is the host's name, and where it keeps all that it has.

    The journal, the lock against a second monitor and the control socket are found by it.
    """
    known = f"{info.name}\0{info.root}".encode(errors="replace")
    return f"podman-{hashlib.sha256(known).hexdigest()[:32]}"


def is_podman(version: VersionBody) -> bool:
    """Whether it is podman that speaks here: it names itself among its parts."""
    return any("podman" in part.name.lower() for part in version.components or [])


def _capabilities(version: VersionBody, info: InfoBody, *, updates: bool) -> Capabilities:
    # Podman has no event for an OOM kill, and its readings have neither what memory is used for nor a limit
    # of PIDs. That cannot be tried out without a container, and harm to it: its name has to do.
    podman = is_podman(version)
    return Capabilities(
        oom_events=not podman,
        limit_updates=updates,
        memory_in_use=not podman,
        pids_limit=not podman,
        memory_accounts=info.memory_limit,
        pids_accounts=info.pids_limit,
    )
