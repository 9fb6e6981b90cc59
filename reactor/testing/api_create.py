"""The call that creates a container: from a client's document to the world's words.

Only reading that document belongs here; which task a command stands for is in ``commands``.
"""

from typing import Any

from reactor.testing.api_call import BY, Call
from reactor.testing.clock import SECOND
from reactor.testing.commands import parse_command
from reactor.testing.refusals import Refused
from reactor.testing.traits import USUAL_RETRIES, HealthCheck, Traits


async def create(call: Call) -> tuple[int, dict[str, Any]]:
    """Create one from an image that is there."""
    given = call.document()
    host = given.get("HostConfig") or {}
    image = str(given.get("Image", ""))
    command = [*_words(given.get("Entrypoint")), *_words(given.get("Cmd"))]
    call.world.find_image(image)
    if not command:
        raise Refused(400, "No command specified")
    box = call.world.create(
        parse_command(command),
        name=call.query.get("name", ""),
        labels=given.get("Labels") or {},
        image=image,
        memory_limit=host.get("Memory") or None,
        pids_limit=limit(host.get("PidsLimit")),
        swap_limit=host.get("MemorySwap") or 2 * (host.get("Memory") or 0) or None,
        cpus=(limit(host.get("NanoCpus")) or 0) / SECOND or None,
        network_mode=host.get("NetworkMode") or "default",
        pid_mode=host.get("PidMode") or "",
        ipc_mode=host.get("IpcMode") or "private",
        restart_policy=policy(host.get("RestartPolicy") or {}),
        auto_remove=bool(host.get("AutoRemove")),
        command=tuple(command),
        stop_timeout=float(given.get("StopTimeout") or 10),
        traits=_traits(given, host),
        by=BY,
    )
    return 201, {"Id": box.id, "Warnings": []}


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(word) for word in value or ()]


def _traits(given: dict[str, Any], host: dict[str, Any]) -> Traits:
    return Traits(
        health=_health(given.get("Healthcheck") or {}),
        privileged=bool(host.get("Privileged")),
        init=host.get("Init"),
        user=given.get("User") or "",
        tty=bool(given.get("Tty")),
        log_driver=(host.get("LogConfig") or {}).get("Type") or "json-file",
        ports=tuple(sorted(port for port, at in (host.get("PortBindings") or {}).items() if at)),
        binds=dict(_bind(each) for each in host.get("Binds") or ()),
    )


def _bind(written: str) -> tuple[str, str]:
    """Where it is mounted, and what: from ``source:inside`` or ``source:inside:mode``."""
    source, _, rest = written.partition(":")
    return rest.partition(":")[0], source


def _health(given: dict[str, Any]) -> HealthCheck | None:
    """A check that can be understood: one whose last word is ``false`` or whose shell exits with 1 fails."""
    test = _words(given.get("Test"))
    if not test or test[0] == "NONE":
        return None
    return HealthCheck(
        interval=(given.get("Interval") or 30 * SECOND) / SECOND,
        retries=given.get("Retries") or USUAL_RETRIES,
        start_period=(given.get("StartPeriod") or 0) / SECOND,
        passes=not test[-1].endswith(("false", "exit 1")),
        command=test[-1],
    )


def limit(value: Any) -> int | None:
    """A limit as a client writes it; 0 and less are none."""
    return int(value) if value and int(value) > 0 else None


def policy(given: dict[str, Any]) -> str:
    """A restart policy in one word."""
    name, most = given.get("Name") or "no", given.get("MaximumRetryCount") or 0
    return f"{name}:{most}" if most else str(name)
