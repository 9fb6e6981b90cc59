"""Who an engine is, out of what it says of itself, and what it cannot do."""

from reactor.core.ports import EngineInfo
from reactor.engine.errors import EngineSaidNonsense, quoted
from reactor.engine.times import header_seconds, seconds
from reactor.engine.wire import InfoBody, VersionBody


def engine_info(
    version: VersionBody, info: InfoBody, spoken: str, date: str, *, local: bool = False
) -> EngineInfo:
    """The record; ``date`` is the header of the answer, for engines that do not say what time it is."""
    now = seconds(info.system_time) or header_seconds(date)
    if now is None:
        raise EngineSaidNonsense(f"the engine says that it is {quoted(info.system_time)!r} o'clock")
    return EngineInfo(
        id=info.id,
        name=info.name,
        version=version.version,
        api_version=spoken,
        now=now,
        memory=max(info.memory, 0),
        cgroup_version=info.cgroup_version,
        cgroup_driver=info.cgroup_driver,
        warnings=_warnings(version, info),
        kernel=info.kernel,
        local=local,
        cannot_limit=_cannot_limit(info),
    )


def _cannot_limit(info: InfoBody) -> tuple[str, ...]:
    can = (info.memory_limit, info.swap_limit, info.pids_limit, info.cpu_quota)
    return tuple(name for name, able in zip(("memory", "swap", "pids", "cpu"), can, strict=True) if not able)


def _warnings(version: VersionBody, info: InfoBody) -> tuple[str, ...]:
    found = []
    if not info.memory_limit:
        found.append("the engine can neither limit nor measure memory: rules about memory cannot fire")
    if not info.pids_limit:
        found.append("the engine can neither limit nor count PIDs: rules about PIDs cannot fire")
    if any("podman" in part.name.lower() for part in version.components or []):
        found.append("podman tells of no OOM: rules on oom cannot fire")
    return tuple(found)
